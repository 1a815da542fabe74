"""Who may do what: every deed x every role x before and after the end of a mandate and of a link.

Palm Trees employs a worker. Its representative, the author, has filed and booked for them; a
colleague represents it too, and somebody did until last week. Then the author's mandate ends, or
the worker's employment. A row says who may do the deed before, after the one and after the other;
all others are refused. Deeds are the actions of the services, and their pages.
"""
