"""What can go wrong, as exceptions whose text is what `gmc` prints."""


class GmcError(Exception):
    """Something that could not be done: a file, an array that does not fit, a question that a model does not answer.

    `message` is its first line, `notes` are facts, `help` says how to mend it (none where there is nothing to say).
    """

    def __init__(self, text, message=None, help=None, notes=()):
        super().__init__(text)
        self.message = text if message is None else message
        self.help = help
        self.notes = list(notes)


class SpecError(GmcError):
    """A spec with errors: the text shows each with the line that it is about, as `gmc check` does."""
