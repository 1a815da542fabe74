"""People, inquiries and files for the tests, made with the actions of the portal."""

import datetime
import io
import uuid

import factory
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice
from factory.django import DjangoModelFactory
from PIL import Image

from core.accounts.models import Identity, IdentityNumber, Link, OneTimeCode, User
from core.catalogue.models import DocumentType, Expectation, Service, Team, Way
from core.messaging.encryption import decrypt
from core.messaging.models import Message
from core.search import searchable
from core.template_filters import first_words
from requests_app import actions, purposes
from requests_app.models import CannedText, Export, Inquiry
from tawasul.portal.models import Announcement, Feedback
from tawasul.portal.staff_roles import group_for_role

PASSWORD = "a-Long-enough-one-26"
DESCRIPTION = "I renewed my iqama three weeks ago and the fee I paid is still shown as missing."


class IdentityFactory(DjangoModelFactory):
    """A resident unless `number` begins with another digit."""

    class Meta:
        model = Identity
        skip_postgeneration_save = True

    name_ar = "محمد أسلم خان"
    name_en = "Mohammed Aslam Khan"
    birth_date = datetime.date(1986, 3, 14)
    nationality = "PK"
    search_text = factory.LazyAttribute(lambda new: searchable(new.name_ar, new.name_en))

    @factory.post_generation
    def number(self, create, value):
        number = value or f"2{IdentityNumber.objects.count():09}"
        IdentityNumber.objects.create(number=number, identity=self)


def establishment(name_en="Palm Trees Contracting", number="7000000017", **fields):
    facts = {"name_ar": "مؤسسة النخيل للمقاولات", "birth_date": None, "nationality": "SA"}
    return IdentityFactory(name_en=name_en, number=number, **{**facts, **fields})


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person-{n}")
    password = factory.django.Password(PASSWORD)
    identity = factory.SubFactory(IdentityFactory)
    # No test names a mobile of this range, so none is by chance the one that it compares with.
    mobile = factory.Sequence(lambda n: f"+96656{n:07}")
    language = "en"


class OfficerFactory(DjangoModelFactory):
    """An officer who may work on inquiries, without an identity in the registry."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"officer-{n}")
    password = factory.django.Password(PASSWORD)
    is_staff = True
    language = "en"

    @factory.post_generation
    def permissions(self, create, value):
        codenames = ["view_inquiry", "triage_inquiry"]
        self.user_permissions.set(Permission.objects.filter(codename__in=codenames))


class ServiceFactory(DjangoModelFactory):
    """A service for residents, through anybody linked to them, without a required document."""

    class Meta:
        model = Service

    slug = factory.Sequence(lambda n: f"service-{n}")
    name_ar = "الخدمات الخاصة بالمقيمين"
    name_en = "Services for residents"
    short_name_ar = factory.LazyAttribute(lambda new: first_words(new.name_ar, 25))
    short_name_en = factory.LazyAttribute(lambda new: first_words(new.name_en, 25))
    description_ar = "استفسارات عن بيانات المقيم في السجل."
    description_en = "Questions about what is on record."
    conditions_ar = "إقامة سارية المفعول"
    conditions_en = "A valid iqama"
    prompt_ar = "ما حدث وتاريخه"
    prompt_en = "What happened, and when"
    beneficiary_kinds = factory.LazyFunction(lambda: ["resident"])
    through = factory.LazyFunction(lambda: list(Way.values))


class MessageFactory(DjangoModelFactory):
    """A text that waits in the outbox."""

    class Meta:
        model = Message

    recipient = factory.Sequence(lambda n: f"+9665{n:08}")
    language = "en"
    text = factory.Sequence(lambda n: f"Tawasul: there is news number {n}.")


def announcement(text="The system is being renewed tonight.", **fields):
    """Make an announcement that began an hour ago and ends in an hour."""
    now, hour = timezone.now(), datetime.timedelta(hours=1)
    fields = {"begins_at": now - hour, "ends_at": now + hour, "text_ar": "تحديث الليلة", **fields}
    return Announcement.objects.create(text_en=text, **fields)


def canned_text(title="The fee is missing", text="Dear {name}, we look for the fee.", **fields):
    """Make a canned text of these words in English, and of one's own in Arabic."""
    words = {"title_ar": "الرسم غير مسجل", "text_ar": "عزيزنا {name}، نبحث عن الرسم."}
    return CannedText.objects.create(title_en=title, text_en=text, **{**words, **fields})


def expectation(service, working_days):
    """Let most inquiries about `service` have been answered within so many working days."""
    facts = {"working_days": working_days, "measured_on": timezone.localdate()}
    return Expectation.objects.update_or_create(service=service, defaults=facts)[0]


def feedback(page="portal:home", *, is_useful=True, sentence="", language="en"):
    return Feedback.objects.create(
        page=page,
        language=language,
        is_useful=is_useful,
        sentence=sentence,
        day=timezone.localdate(),
        idempotency_key=uuid.uuid4(),
    )


def export(owner, **fields):
    """Make an export that waits for the worker, of a list of one inquiry."""
    fields = {"query": "queue=all", "file_format": "csv", "language": "en", "rows": 1, **fields}
    return Export.objects.create(
        owner=owner, idempotency_key=uuid.uuid4(), **{"with_personal": False, **fields}
    )


def team(slug, *services, members=()):
    """Return the team, new or not, with these services and members added."""
    name = slug.replace("-", " ").capitalize()
    names = {"name_ar": f"فريق {name}", "name_en": name}
    made, _is_new = Team.objects.get_or_create(slug=slug, defaults=names)
    Service.objects.filter(pk__in=[each.pk for each in services]).update(team=made)
    made.members.add(*members)
    return made


def document_type(slug="supporting-proof", name_en="Supporting proof"):
    return DocumentType.objects.get_or_create(
        slug=slug, defaults={"name_ar": "مستند إثبات", "name_en": name_en}
    )[0]


def link(holder, person, kind=Link.Kind.EMPLOYER, **dates):
    dates = {"since": datetime.date(2020, 1, 1), **dates}
    return Link.objects.create(holder=holder, person=person, kind=kind, **dates)


def workers(holder, number, first=0):
    """Create so many workers of the holder, named after their places, quickly."""
    names = [(f"عامل رقم {place}", f"Worker Number {place}") for place in range(number)]
    person = {"birth_date": datetime.date(1990, 1, 1), "nationality": "PK"}
    people = Identity.objects.bulk_create(
        Identity(name_ar=arabic, name_en=latin, search_text=searchable(arabic, latin), **person)
        for arabic, latin in names
    )
    IdentityNumber.objects.bulk_create(
        IdentityNumber(number=f"24{first + place:08}", identity=person)
        for place, person in enumerate(people)
    )
    of_holder = {"holder": holder, "kind": Link.Kind.EMPLOYER, "since": datetime.date(2020, 1, 1)}
    Link.objects.bulk_create(Link(person=person, **of_holder) for person in people)


def picture(name="passport.jpg", picture_format="JPEG", size=(60, 40)):
    content = io.BytesIO()
    Image.new("RGB", size, "white").save(content, picture_format)
    return SimpleUploadedFile(name, content.getvalue())


def draft(applicant=None, service=None, beneficiary=None, *, holder=None, is_ready=True):
    """Return a draft inquiry, with the details that make it ready to be confirmed if `is_ready`."""
    applicant = applicant or UserFactory()
    inquiry = actions.start(
        actor=applicant,
        holder=holder,
        beneficiary=beneficiary or applicant.identity,
        service=service or ServiceFactory(),
        idempotency_key=uuid.uuid4(),
    )
    if is_ready:
        actions.save_details(
            actor=applicant,
            inquiry=inquiry,
            mobile=inquiry.mobile,
            description=DESCRIPTION,
        )
    return inquiry


def details_of(inquiry, **changes):
    """Return the fields of the form of the second step for `inquiry`."""
    return {
        "mobile": str(inquiry.mobile),
        "description": DESCRIPTION,
        **changes,
    }


def code_sent_to(user, purpose=purposes.FILE):
    """Return the six digits of the last code sent to `user`, read from the outbox."""
    code = OneTimeCode.objects.filter(user=user, purpose=purpose).latest("created_at")
    text = decrypt(Message.objects.get(idempotency_key=code.pk).text)
    return next(
        word for word in text.replace(",", " ").split() if len(word) == 6 and word.isdigit()
    )


def authenticator(user):
    """Return an authenticator app that the user has added to their account."""
    return TOTPDevice.objects.create(user=user, name="authenticator")


def shown_by(app, steps_later=0):
    """Return the six digits that the app shows now, or so many half minutes later."""
    totp = TOTP(app.bin_key, drift=steps_later)
    totp.time = timezone.now().timestamp()
    return f"{totp.token():06}"


def let_a_minute_pass(user):
    """Set back the time of the codes of `user` by 61 seconds."""
    for code in OneTimeCode.objects.filter(user=user):
        code.created_at -= datetime.timedelta(seconds=61)
        code.save(update_fields=["created_at"])


def confirmation(inquiry, session_key="session-of-the-applicant"):
    """Ask for the code that files `inquiry` from this session; return its digits."""
    applicant = inquiry.applicant
    code = actions.request_confirmation(
        actor=applicant,
        inquiry=inquiry,
        session_key=session_key,
        shown=inquiry.content_digest(),
    )
    if not code.by_app:
        return code_sent_to(applicant)
    # Each code of the app is good once, and the next one half a minute away.
    applicant.totpdevice_set.update(last_t=-1)
    return shown_by(applicant.totpdevice_set.get())


def attached(inquiry, upload=None, kind=None):
    """Add a document to a draft and return it."""
    ((document, _notice),) = actions.attach(
        actor=inquiry.applicant,
        inquiry=inquiry,
        document_type=kind or document_type(),
        uploads=[upload or picture()],
    )
    return document


def submitted(inquiry):
    """File the draft `inquiry` with its code and return it."""
    session_key = f"session-{inquiry.pk}"
    code = confirmation(inquiry, session_key)
    inquiry = actions.submit(
        actor=inquiry.applicant, inquiry=inquiry, session_key=session_key, guess=code
    )
    assert inquiry.status == Inquiry.Status.UNDER_PROCESSING
    return inquiry


def filed(applicant=None, **kwargs):
    """Return an inquiry that was filed with its code and waits in the queue."""
    return submitted(draft(applicant, **kwargs))


def claimed(officer=None, **kwargs):
    """Return a filed inquiry that `officer` has claimed."""
    inquiry = filed(**kwargs)
    return actions.claim(
        actor=officer or OfficerFactory(), inquiry=inquiry, expected_version=inquiry.version
    )


def write(action, inquiry, actor):
    """Run an action with a text on the inquiry and return its result."""
    inquiry.refresh_from_db()
    return action(
        actor=actor,
        inquiry=inquiry,
        expected_version=inquiry.version,
        text=f"Words number {inquiry.version}.",
        idempotency_key=uuid.uuid4(),
    )


def permit(user, *codenames):
    """Give the user these permissions and no others."""
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def of_role(role, **fields):
    """Return a member of staff with the permissions of this role and no others."""
    user = permit(OfficerFactory(**fields))
    user.groups.add(group_for_role(role))
    return user


def supervisor(**fields):
    """Return a member of staff with the rights of a supervisor on inquiries."""
    rights = ("view_inquiry", "triage_inquiry", "assign_inquiry", "export_inquiry")
    return permit(OfficerFactory(**fields), *rights, "export_personal")
