// What html-validate looks for in the pages that the browser tests open (tests/browser/looks/markup.py).
export default {
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    // The boxes of a group have one name.
    "form-dup-name": ["error", { shared: ["radio", "checkbox", "button", "reset", "submit"] }],

    // Matters of taste, on which the portal's templates and Django's differ:
    "doctype-style": "off", // capital letters in the doctype
    "no-implicit-button-type": "off", // a button sends its form unless it says otherwise
    "no-redundant-for": "off", // Django writes `for` on the label around a box, too
    "no-trailing-whitespace": "off", // template tags leave it, and compression takes it
    "prefer-button": "off", // Django's `input type=submit`
    "prefer-tbody": "off", // browsers add it to the table of Django's first page

    // page.css keeps telephone numbers on one line; with other spaces they would be copied.
    "tel-non-breaking": "off",
  },
};
