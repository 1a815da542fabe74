"""Sample descriptions: 20 good and 20 bad ones in each language.

`KEPT` holds the stored text of the samples that are not stored as they were typed.
"""

MISSING = "Explain what you need."
TOO_SHORT = "Explain what you need in at least 30 characters."
TOO_FEW_WORDS = "Explain what you need in whole sentences: at least five different words."
TOO_LONG = "The description has {} characters. Shorten it to 4,000."

A_LONG_STORY = (
    "On 3 May I paid the fee for my wife's iqama at the bank.\n"
    "The receipt says that it was received, but Absher still shows the fee as missing.\n"
    "I called the bank twice, and they told me to ask the passports office about it.\n\n"
)
A_LONG_ARABIC_STORY = (
    "دفعت رسوم تجديد إقامة زوجتي عن طريق البنك يوم ٣ مايو.\n"
    "الإيصال يقول إن المبلغ وصل، لكن أبشر ما زال يطلب السداد.\n"
    "اتصلت بالبنك مرتين، وقالوا لي راجع الجوازات.\n\n"
)
FULL = (A_LONG_STORY * 20)[:3999] + "."
FULL_IN_ARABIC = (A_LONG_ARABIC_STORY * 30)[:3999] + "."

GOOD_ENGLISH = {
    "a fee that is not shown": (
        "I renewed my iqama three weeks ago and the fee I paid is still shown as missing."
    ),
    "dates and digits": (
        "Applied 12/10/2026, paid SAR 650 on 13/10/2026 (SADAD ref 4471902), still pending. "
        "Please check what is wrong."
    ),
    "a number of the person": (
        "My worker Raju Kumar, iqama 2000000022, was reported absent by mistake on 4 June."
    ),
    "several lines": (
        "Good morning,\r\n\r\nmy daughter's passport was lost in Jeddah.\r\n"
        "- police report: yes\r\n- photo: yes\r\nWhat else do you need from me?\r\n\r\nSaad"
    ),
    "everything in small letters": (
        "hello sir i want final exit for my driver he is going back to india next month pls help"
    ),
    "everything in capitals": (
        "PLEASE CORRECT THE SPELLING OF MY NAME. IT SHOULD BE SAMIR ALI ALHOMSI AS IN MY PASSPORT."
    ),
    "simple words": "my iqama is finish, company not renew, i want know what to do now",
    "without a single full stop": (
        "transfer of sponsorship is accepted by new company but old company did not approve since "
        "two months and i cannot work"
    ),
    "an Arabic word": "My الجواز was printed with a wrong date of birth, it is 14 March 1986.",
    "an Arabic sentence below": (
        "The visit visa of my father ends on Friday.\nتأشيرة والدي تنتهي يوم الجمعة وأرجو تمديدها"
    ),
    "a name with accents": (
        "My wife's name is Zoë Peña-Núñez, but the card reads Zoe Pena. Can it be corrected?"
    ),
    "apostrophes and quotation marks": (
        "The page says “request can't be completed”, and I don't know why: all fines are paid."
    ),
    "an address of a page": (
        "I uploaded the file at https://www.absher.sa/ twice & each time it said <error 500>."
    ),
    "pictures of faces": "Please help me 🙏🙏 my visa ends tomorrow and the site does not open 😢",
    "Roman Urdu": (
        "Mera iqama pichle mahine khatam ho gaya hai, kafeel renew nahi kar raha, kya karun?"
    ),
    "Tagalog": "Nawala po ang iqama ko noong Lunes sa Riyadh, paano po kumuha ng bago?",
    "thirty characters and five words": "Lost passport, replace it now.",
    "an abbreviation and a hyphen": "Re-entry visa no. A-17 was cancelled w/o any reason given.",
    "four thousand characters": FULL,
    "four thousand characters as a browser sends them": FULL.replace("\n", "\r\n"),
}

GOOD_ARABIC = {
    "a fee that is not shown": (
        "جددت إقامتي قبل ثلاثة أسابيع ودفعت الرسوم كاملة وما زالت تظهر غير مسددة."
    ),
    "Najdi": ("السلام عليكم، سددت رسوم الجواز من أسبوعين ولين الحين ما طلع شي بأبشر، وش السالفة؟"),
    "Hijazi": "يا أخي دحين صارلي شهر أستنى هوية المقيم حقت العاملة ولسه ما وصلت، إيش أسوي؟",
    "Egyptian": "انا قدمت على تجديد الاقامة من شهر ومحدش رد عليا لحد دلوقتي، عايز اعرف ناقص ايه",
    "Syrian": "قدمت على تمديد زيارة لأمي وما عم يقبل الطلب، شو لازم أعمل هلق؟",
    "Yemeni": "والدي معه زيارة عائلية وباقي لها خمسة أيام وما قدرنا نمدد، ايش الحل عندكم؟",
    "Sudanese": "يا جماعة الإقامة انتهت والكفيل ما داير يجدد، نعمل شنو هسع؟",
    "several lines": (
        "السادة الجوازات المحترمين\r\n\r\nأرجو التكرم بما يلي:\r\n١- تصحيح تاريخ ميلاد ابنتي\r\n"
        "٢- إعادة طباعة الجواز\r\n\r\nوشكرا لكم"
    ),
    "digits of Arabic script": (
        "رقم إقامة العامل ٢٠٠٠٠٠٠٠٢٢ وتاريخ البلاغ ١٤٤٨/٠٥/١٢ هـ، والبلاغ سجل بالخطأ وأطلب إلغاءه."
    ),
    "Latin digits and an amount": (
        "دفعت 650 ريال يوم 13/10/2026 برقم سداد 4471902 ولم تتغير حالة الطلب حتى الآن."
    ),
    "a Latin word": "ما أقدر أدخل Absher عشان أجدد جواز السفر، يطلع لي خطأ كل مرة.",
    "a name in Latin letters": (
        "اسمي في الجواز SAMIR ALI ALHOMSI وفي الهوية SAMEER، أطلب تصحيحه مثل الجواز."
    ),
    "all vowel signs": "أَرْجُو تَصْحِيحَ تَارِيخِ مِيلَادِي فِي سِجِلِّ الجَوَازَاتِ.",
    "stretched words": "عـــاجل جدا: أرجو إلغـــاء بلاغ التغيب عن العامل لأنه على رأس العمل.",
    "no hamza and no full stop": (
        "ارجو افادتي عن طلب نقل الكفاله حيث ان الشركه الجديده وافقت والقديمه ما ردت الى الان"
    ),
    "letters of a Persian keyboard": "سلام علیکم، ارید تجدید الاقامة حقی وکفیلی خارج المملکة.",
    "pasted with marks of direction": (
        "\u200fرقم الحدود \u2066" + "4000000004" + "\u2069 لا يظهر بعد إصدار الإقامة\u200f"
    ),
    "thirty characters and five words": "فقدت جوازي الأحمر وأريد بديلا.",
    "four thousand characters": FULL_IN_ARABIC,
    "four thousand characters as a browser sends them": FULL_IN_ARABIC.replace("\n", "\r\n"),
}

BAD_ENGLISH = {
    "nothing": ("", MISSING),
    "spaces and empty lines": ("   \r\n \t \r\n", MISSING),
    "too short": ("My iqama please", TOO_SHORT),
    "twenty-nine characters": ("Lost passport, replace it now", TOO_SHORT),
    "one word over and over": ("please " * 12, TOO_FEW_WORDS),
    "four different words": ("renew passport renew passport very urgent urgent", TOO_FEW_WORDS),
    "one letter held down": ("a" * 60, TOO_FEW_WORDS),
    "digits alone": ("2000000006 4000000004 0501234567 1448 2026 650", TOO_FEW_WORDS),
    "numbers between few words": (
        "iqama 2000000006, iqama 2000000022, iqama 2000000030: renew all",
        TOO_FEW_WORDS,
    ),
    "punctuation alone": ("?!?! ... ??? --- *** ___ /// !!! ,,, ;;; ((())) ???", TOO_FEW_WORDS),
    "spaces behind": ("Fix my visa now please" + " " * 40, TOO_SHORT),
    "spaces between": ("Fix    my    visa    now    please", TOO_SHORT),
    "empty lines between": ("Fix my visa\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\nnow please", TOO_SHORT),
    "accents in a heap": ("Fix my visa now please" + "\u0301\u0302\u0303" * 5, TOO_SHORT),
    "non-joiners": ("Fix my visa now please" + "\u200c" * 20 + "!", TOO_SHORT),
    "spaces without width": ("Fix my visa\u200b\u200b\u2060\u2060\ufeff now please", TOO_SHORT),
    "words of nothing": (
        "Visa please " + " ".join("\u3164" * length for length in range(1, 7)),
        TOO_SHORT,
    ),
    "the same words in other cases": (
        "Iqama IQAMA iqama Renew RENEW renew Please PLEASE please",
        TOO_FEW_WORDS,
    ),
    "the same words with the article": (
        "the iqama, The Iqama, an iqama, AN IQAMA, iqama! the iqama-iqama",
        TOO_FEW_WORDS,
    ),
    "one character too many": (FULL + "!", TOO_LONG.format(4001)),
}

BAD_ARABIC = {
    "nothing": ("\u200f", MISSING),
    "spaces and empty lines": (" \u00a0\r\n\r\n\u00a0 ", MISSING),
    "too short": ("أبغى أجدد إقامتي", TOO_SHORT),
    "twenty-nine characters": ("فقدت جوازي الأحمر وأريد بديلا", TOO_SHORT),
    "one word over and over": ("أرجو " * 12, TOO_FEW_WORDS),
    "four different words": ("تجديد جواز تجديد جواز عاجل جدا جدا جدا", TOO_FEW_WORDS),
    "one letter held down": ("هههههههههههههههههههههههههههههههههههههه", TOO_FEW_WORDS),
    "digits alone": ("٢٠٠٠٠٠٠٠٠٦ ٤٠٠٠٠٠٠٠٠٤ ٠٥٠١٢٣٤٥٦٧ ۱۴۴۸ ٢٠٢٦ ٦٥٠", TOO_FEW_WORDS),
    "punctuation alone": ("؟؟؟؟ !!! ،،، ؛؛؛ ... «» ــــــ ؟؟؟ ٪٪٪ ٫٫٫ ٬٬٬ !!!", TOO_FEW_WORDS),
    "spaces behind": ("أبغى حل لمشكلة جواز ابني" + " " * 40, TOO_SHORT),
    "spaces between": ("أبغى   حل   لمشكلة   جواز   ابني", TOO_SHORT),
    "vowel signs in a heap": ("أبغى حل لمشكلة جواز ابنيَََََََََََََ", TOO_SHORT),
    "vowel signs on every letter": ("أَبْغَى حَلَّ مُشْكِلَةِ جَوَازِ ابْنِي", TOO_SHORT),
    "stretched": ("أبغــــى حــــل لمشكلة جــــواز ابنــــي", TOO_SHORT),
    "non-joiners": ("أبغى حل لمشكلة جواز ابني" + "\u200c" * 20 + "؟", TOO_SHORT),
    "marks of direction": (
        "أبغى\u200f\u200f\u200f حل\u202b\u202c لمشكلة\u061c\u061c جوازي",
        TOO_SHORT,
    ),
    "the same words in other spellings": (
        "الإقامة الاقامة الأقامة الإقامه الاقامه مستشفى مستشفي إلغاء الغاء ألغاء",
        TOO_FEW_WORDS,
    ),
    "the same words with the article": (
        "جواز الجواز والجواز بالجواز كالجواز سفر السفر والسفر بالسفر",
        TOO_FEW_WORDS,
    ),
    "the same words with vowel signs": (
        "جواز جَوَاز جِوازٌ جــواز تجديد تَجْدِيد تجديدًا تجـــديد",
        TOO_FEW_WORDS,
    ),
    "one character too many": (FULL_IN_ARABIC + "!", TOO_LONG.format(4001)),
}

KEPT = {
    GOOD_ARABIC["pasted with marks of direction"]: (
        "رقم الحدود 4000000004 لا يظهر بعد إصدار الإقامة"
    ),
}
