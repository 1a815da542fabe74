"""Booking an appointment at a passports office: the second service, not built yet."""
