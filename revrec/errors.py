"""The root of every error revrec raises on purpose.

What belongs here: the base class, and errors that more than one module raises. An error that one module raises stands
in that module.
"""


class RevrecError(Exception):
    """An error that says what is wrong, with which value, and what to do next.

    The command prints it as one line and exits; only errors of this class are meant for people, everything else is a
    defect of revrec.
    """
