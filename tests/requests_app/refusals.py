"""Sentences that refuse an action on an inquiry."""


def changed(what):
    return f"This inquiry has changed since you opened it: {what}. Read it again first."
