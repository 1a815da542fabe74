from django.urls import path

from requests_app.views import documents, filing, follow_up, my_inquiries

app_name = "inquiries"

urlpatterns = [
    path("", my_inquiries.inquiry_list, name="list"),
    path("new/", filing.new, name="new"),
    path("new/person/", filing.new_person, name="new-person"),
    path("<reference:reference>/", my_inquiries.detail, name="detail"),
    path("<reference:reference>/subject/", filing.subject, name="subject"),
    path("<reference:reference>/subject/person/", filing.subject_person, name="subject-person"),
    path("<reference:reference>/details/", filing.details, name="details"),
    path("<reference:reference>/mobile/", filing.mobile, name="mobile"),
    path("<reference:reference>/mobile/send/", filing.send_mobile_code, name="send-mobile-code"),
    path("<reference:reference>/documents/", filing.documents, name="documents"),
    path("<reference:reference>/documents/<int:pk>/", documents.document, name="document"),
    path(
        "<reference:reference>/documents/<int:pk>/preview/",
        documents.document_preview,
        name="preview",
    ),
    path("<reference:reference>/review/", filing.review, name="review"),
    path("<reference:reference>/confirm/", filing.confirm, name="confirm"),
    path("<reference:reference>/delete/", filing.delete_draft, name="delete"),
    path("<reference:reference>/receipt/", my_inquiries.receipt, name="receipt"),
    path("<reference:reference>/answer/", follow_up.answer_return, name="answer"),
    path("<reference:reference>/withdraw/", follow_up.withdraw, name="withdraw"),
]
