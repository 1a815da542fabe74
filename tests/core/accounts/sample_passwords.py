"""Samples of common and of good passwords, in Latin and in Arabic letters."""

import re

from tawasul.portal.management.commands.load_demo import PASSWORD as PASSWORD_OF_THE_DEMO
from tests import factories


def samples(text):
    """Return the passwords of a text, which two spaces or the end of a line part."""
    return re.split(r"\n|  ", text.strip())


COMMON_IN_LATIN_LETTERS = samples("""
password  Password123  PASSWORD  P@ssw0rd  p@$$w0rd!  P@ssw0rd2030  welcome1  Dragon_2024
mohammed2020  Mohammed@1990  mohamed123  Muhammad_99  mohamad2001  abdullah1  Abdallah.55
3bdallah  Abdulrahman12  khaled1985  Fahad1409  nourah!!1  fatimah123  Habibi_1234  habibihabibi
7abibi123  7abibti!!  ma7mood99  m7md1234  3li12345  h.a.b.i.b.i  bismillah1  alhamdulillah
InshaAllah7  allahakbar1  la ilaha illallah  riyadh@2030  jeddah2022  MAKKAH1445  alriyadh1
saudi2030  ksa@2030  alhilal1957  al-hilal  ittihad1927  AlQahtani11  ghamdi123  abumohammed
umm_khalid  iloveyou  ilovesara  absher2030  Tawasul2026  jawazat1  muqeem_01  iqama1234
12345678  123456789  87654321  11111111  12341234  11223344  10203040  aaaaaaaa  abcdefgh
abcd1234  aaaa1111  asdasd2030  qwertyui  QWERTYUIOP  1qaz2wsx  !QAZ@WSX  1q2w3e4r  a1b2c3d4
zxcvbnm,.  qwe123asd456  !@#$%^&*  1-2-3-4-5-6-7-8  01011990  31/12/1985  1/1/1990  14440909
25-07-1410  20232024  14441445  0501234567  0557391846  +966557391846  00966557391846
m0557391846  1987654323  2093847561  1093 847 561  lpl]1234  hgsu,]dm  pfdfd2024  HGSU,]DM2930
HABİBİ2030  barcelon@2030  kkkk7777  ddffgghh2930  lkjhglkjhg2930  345fgh678  k9l8m7n6  83728372
xk3xk3xk3  56.78.87.65  7415963!  3yoni3yoni  12311985  19851231  19853112
Aa@12345  Aa12345@  12345@Kx  Aa_12345  Kx@34567  Rty@2026  Mm@102030  Aa@@1122  Kx@2026!  kx-829829
passports1  hunters2931  Passports@2026  Muqeems1  visas2026  king abdulaziz  King Abdulaziz1
KingSalman2030  kingfahd1  prince mohammed  almalik fahad  sheikh zayed  Dr. Mohammed  mr mohammed
mohammed ali  ahmed mohammed1  makkah wal madinah  riyadh jeddah  saudivision2030  my king fahad
""")

COMMON_IN_ARABIC_LETTERS = samples("""
محمد1234  محمد123  محمد2020  محمدمحمد  محمد محمد  محمد123محمد123  مُحَمَّد١٢٣  محـــمد12
أحمد1990  احمد١٩٩٠  عبدالله١  عبد الله 123  عبدالرحمن  خالد_1985  فهد@1409  سارة2000  ساره٢٠٠٠
نورةنورة  فاطمة!!1  أبو محمد  ابومحمد1990  أم عبدالله  بنت خالد9  يا محمد 99  الحمد لله
الحمدلله  بسم الله 1  بسم الله الرحمن الرحيم  لا إله إلا الله  لااله الاالله  سبحان الله
إن شاء الله  ان شاءالله  ماشاء الله!  استغفر الله  الله أكبر  محمد رسول الله  رمضان كريم
رمضان1444  حبيبي123  حبيبييييي  حَبِيبِي12  يا حبيبي  حبيبتي!!  أحبك محمد  حياتي2024  قلبي_قلبي
ماما1234  !!ماما!!  أمي وأبي  الهلال1957  هلالي٢٠٢٤  نادي الهلال  النصر_99  الاتحاد1  ريال مدريد
السعودية1444  السعوديه  الرياض٢٠٣٠  جدة@2023  مكةمكةمكة  القحطاني7  قحطاني١٤١٠  الغامدي1
العتيبي99  أبشر2030  تواصل2026  جوازات12  كلمة السر  كلمةالمرور  الرقم السري  ١٢٣٤٥٦٧٨  ۱۲۳۴۵۶۷۸
٨٧٦٥٤٣٢١  ١٠١٠١٩٩٠  ٠١/٠١/١٤١٠  ١٤٤٤٠٩٠٩  ٠٥٠١٢٣٤٥٦٧  ٢٠٩٣٨٤٧٥٦١  م٠٥٥٧٣٩١٨٤٦  ابتثجحخد
أبتثجحخد  أ.ب.ت.ث.ج.ح.خ.د  ابتثج٢٩٣١  ابجدهوزح  ددددددد1  سسسسسسسس  ضصثقفغعه  شسيبلاتن
شسيبلاتنم  شسيبﻻتنم  ئءؤرلاىةوز  حشسسصخقي  حشسسصخقي١٢٣  ضصثقفغ2030  اشلاهلاه  ةخاشةثي
ةخاشةثي1990  أأ@١٢٣٤٥  الملك عبدالعزيز  الملك فهد 12  الأمير محمد  دكتور أحمد  محمد علي
احمد محمد 1  مكة والمدينة  رؤية ٢٠٣٠  جوازي123  تأشيرات1  الإقامات1  مقيمين123  مواطنون12
""")

GOOD_IN_LATIN_LETTERS = samples(f"""
{PASSWORD_OF_THE_DEMO}  {factories.PASSWORD}  correct horse battery staple  kettle-violin-marsh
the old gate is green  almond-harbour-19  elephants fly low  wherever we were  property feedback
we were here before you  mohammed likes green tea  habibi went to market  riyadh-under-the-rain
my iqama is in the drawer  password for the blue house  Two-lemons-3-figs
saturday bread with olives  my2catsEatFish!  qahwa bil-heel kull yom
mishmish wa tamr fi assabah  1234 steps to the well  1990 was a warm summer  xk3#Pq9!vL
Tr0ub4dor&3x  Wz7kqTn2pB  p9$Kd!2mZr7  83-tangle-4427  vQ2w#e8Rt-u  hT%6:pLk@0z  uvmtrqzzkwpd
63920185  48$oN.7316  73.my-6184  !74+"fFd  8@^.3S[Z  ^%n;&a.(t  m^o%n&k#e(y  m^o%n&k#3(y
kT-12345-zq  12345 zebras jump  q7@92746  Kx@73926
""")

GOOD_IN_ARABIC_LETTERS = samples("""
قهوة الصباح مع الهيل دافئة  بيت جدي كان بجانب البحر  سافرنا صيفا إلى جبال بعيدة
طريق طويل تحت المطر  سبع نخلات وبئر قديمة  جمل أزرق يقرأ الجريدة  نافذة-مطبخ-جديدة
محمد يحب الشاي الأخضر  حبيبي نسي مفتاح السيارة  الرياض تحت المطر ليلا
السعودية بلد النخيل والصحراء  زجاجة عطر فارغة 73  ثلاثة أقلام ودفتر  مكتبة فيها ألف كتاب
خبز تنور وزيتون أسود  قطتي تنام فوق الثلاجة  رحلة القطار الأخيرة  عصفوران على غصن رمان
نسيت معطفي في المطار  غيمة صغيرة فوق الوادي  سمك مشوي بالليمون  كلمة السر عند الجيران
١٢ كرسيا حول الطاولة  مصباح خافت وكتاب قديم  شراع أبيض وبحر هادئ  حذاء جديد ضيق جدا
الباب الخلفي مكسور منذ عام  ضوء-قمر-7-نجوم  تفاحتان وملعقة عسل  طقس لطيف وهواء عليل
غزال يركض بين الكثبان
""")
