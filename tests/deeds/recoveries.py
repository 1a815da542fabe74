"""What a recovery of the account closes for a while, among the deeds of both tables."""

# What an account with a new mobile cannot do to what is older than that: whatever gives it up.
CLOSED_AFTER_RECOVERY = {
    *("withdraw", "the page to withdraw"),
    *("move", "cancel", "the page to move", "the page to cancel"),
    *("stop_waiting", "decline", "stop waiting for any time", "decline a time waited for"),
    "wait",  # there is an entry already, which it would change
}
# Every other deed of residents, so that a new one has to say which it is.
OPEN_AFTER_RECOVERY = {
    *("start", "change_subject", "save_details", "ask_to_confirm_mobile", "confirm_mobile"),
    *("delete_draft", "request_confirmation", "submit", "attach", "attach to a draft"),
    *("remove", "move_up", "answer_return", "mark_answers_read"),
    *("resume", "the page to take it up again", "ask_for_review", "the page to ask for a review"),
    *(
        "what was filed",
        "what became of it",
        "its receipt",
        "an invitation",
        "who handled it",
        "its documents",
        "their previews",
    ),
    *("add_message", "the page to add to it", "ask_back", "the page to ask about it"),
    *("the page to answer", "hold", "confirm", "wait_for_any_time", "check_own_data"),
    *("accept", "accept a time waited for", "what was booked", "its time", "its slip"),
    *("its calendar file", "what is waited for"),
    *("fill in what is prepared", "choose for what is prepared", "attach to what is prepared"),
    *("ask for the code of what is prepared", "delete what is prepared"),
}
