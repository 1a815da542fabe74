"""How tables of who may ask for which service are written, and the sentences they stand for.

A row ends with a letter for each service, in the order of SERVICES: passports, what residents and
their sponsors ask, the employer's three, moving on, the iqama, and the visit visa. Small letters
are refusals that lead nowhere else; a capital one names the service to ask for instead.
"""

SERVICES = {
    "passport-issue": "Issue a passport",
    "passport-renew": "Renew a passport",
    "passport-extend": "Extend a passport",
    "resident-services": "Services for residents",
    "sponsored-services": "Services for sponsored persons (makfoul)",
    "profession-change": "Change a resident's profession",
    "absentee-data-edit": "Correct the record of an absent person",
    "absconding-cancel": "Cancel an absence-from-work (huroob) report",
    "sponsorship-transfer": "Transfer of services (sponsorship)",
    "final-exit-visa": "Final exit visa",
    "iqama-renew": "Renew residency (iqama)",
    "resident-id-issue": "Issue a resident ID (iqama card)",
    "visit-visa-extend-ye-sy": "Extend a visit visa for Yemeni and Syrian visitors",
}
WHO = {
    "passport-issue": "the person themselves, the employer or the guardian",
    "passport-renew": "the person themselves, the employer or the guardian",
    "passport-extend": "the person themselves, the employer or the guardian",
    "resident-services": "the person themselves, the employer or the guardian",
    "sponsored-services": "the employer or the guardian",
    "profession-change": "the employer",
    "absentee-data-edit": "the employer",
    "absconding-cancel": "the employer",
    "sponsorship-transfer": "the person themselves or the employer",
    "final-exit-visa": "the person themselves or the employer",
    "iqama-renew": "the person themselves, the employer or the guardian",
    "resident-id-issue": "the person themselves, the employer or the guardian",
    "visit-visa-extend-ye-sy": "the person themselves or the host",
}
FOR_RESIDENTS = "Choose “Services for residents” instead."
INSTEAD = {
    "sponsored-services": "Is the question about yourself? There is a service for what residents "
    f"ask about themselves. {FOR_RESIDENTS}",
    "profession-change": "Is a resident's profession shown wrongly? Ask what the record says about "
    f"it. {FOR_RESIDENTS}",
    "absentee-data-edit": "Is something on your own record wrong? Ask to have it checked. "
    f"{FOR_RESIDENTS}",
    "absconding-cancel": "Were you reported absent? Ask what the record says about you. "
    f"{FOR_RESIDENTS}",
    "sponsorship-transfer": "Is it about a child? Ask what the transfer changes on the child's "
    f"record. {FOR_RESIDENTS}",
    "final-exit-visa": "Is it about a child? Ask what the child needs in order to leave. "
    f"{FOR_RESIDENTS}",
    "resident-id-issue": "Is it about a visitor you host? Ask about the visit visa. "
    "Choose “Extend a visit visa for Yemeni and Syrian visitors” instead.",
}
NOT_LINKED = "This person is not linked to your account. Choose somebody who is."


def rows(table):
    return [[part.strip() for part in line.split("|")] for line in table.split("\n") if line]


def letters(codes):
    """Return the services, each with its letter."""
    return zip(SERVICES, codes.replace(" ", ""), strict=True)


def sentence(letter, service, person):
    """Return the refusal that the letter stands for, or None for `+`."""
    name = f"“{SERVICES[service]}”"
    told = {
        "+": None,
        "l": NOT_LINKED,
        "n": f"{name} is not for {person}. Choose a service that fits this person.",
        "a": f"{name} is only for adults.",
        "o": f"Only {WHO[service]} can ask for {name}.",
    }[letter.lower()]
    return f"{told} {INSTEAD[service]}" if letter.isupper() else told
