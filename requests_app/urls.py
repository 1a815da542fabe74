from django.urls import path

from core.accounts.access import resident_required
from core.accounts.session_holder import in_chosen_name
from core.methods import takes_form
from requests_app.views import documents, filing, follow_up, my_inquiries
from requests_app.views.access import draft_step

app_name = "inquiries"

urlpatterns = [
    path("", my_inquiries.inquiry_list, name="list"),
    path("new/", takes_form(resident_required(in_chosen_name(filing.new))), name="new"),
    path("new/person/", takes_form(resident_required(filing.new_person)), name="new-person"),
    path("<reference:reference>/", my_inquiries.detail, name="detail"),
    *filing.steps_of_draft(draft_step, choose_subject=in_chosen_name(filing.subject)),
    path("<reference:reference>/documents/<int:pk>/", documents.document, name="document"),
    path(
        "<reference:reference>/documents/<int:pk>/preview/",
        documents.document_preview,
        name="preview",
    ),
    path("<reference:reference>/handled/", my_inquiries.handled, name="handled"),
    path("<reference:reference>/receipt/", my_inquiries.receipt, name="receipt"),
    path("<reference:reference>/answer/", follow_up.answer_return, name="answer"),
    path("<reference:reference>/add/", follow_up.add_message, name="add"),
    path("<reference:reference>/ask/", follow_up.ask_back, name="ask"),
    path("<reference:reference>/withdraw/", follow_up.withdraw, name="withdraw"),
    path("<reference:reference>/ask-for-review/", follow_up.ask_for_review, name="ask-for-review"),
    path("<reference:reference>/resume/", follow_up.resume, name="resume"),
]
