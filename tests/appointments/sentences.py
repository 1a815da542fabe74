"""The sentences with which the rules of booking refuse."""

NOT_LINKED = "This person is not linked to your account. Choose somebody who is."
NOT_ACTIVE = (
    "This person's status in the registry does not allow this. Please call the Directorate."
)
NO_APPOINTMENTS = "There are no appointments for this service at the moment. Choose another."
NOT_FOR_PERSON = (
    "“Services for residents” is not for Mohammed Aslam Khan. "
    "Choose a service that fits this person."
)
TAKEN = "This time has just been taken. Choose another."
PAST = "This time has passed. Choose a later one."
CLOSED = "The office is closed at this time. Choose another."
TOO_FAR = "This day cannot be booked yet. Choose an earlier one."
NOT_HERE = "This is not a time of this office on this day. Choose one of these."
NOT_SERVED = "“Services for residents” is not served at this time any more. Choose another."
TWO_LEFT = "Only 2 operations are left at this time. Choose another time, or fewer operations."
OPERATIONS = "Choose between 1 and 5 operations."
OVERLAP = "Mohammed Aslam Khan has another appointment at this time. Choose another time."
EXPIRED = "The time was not confirmed within the minutes it was held. Choose a time again."
TOO_LATE = (
    "It is too late to move this appointment: that can be done until 2 hours before it begins. "
    "If you cannot come, cancel it."
)

# At the desk
NOT_CLERK = "Your account may not receive people here."
TOO_EARLY = (
    "The person can still come. You can mark them as missed 15 minutes after the appointment "
    "begins."
)


def other_day(moment):
    return (
        f"This appointment is not today: it is for {moment}. "
        "Send the person to the information desk."
    )


def wrong_status(label):
    return f"This cannot be done: the appointment is “{label}”."
