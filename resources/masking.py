"""Taking credentials out of text that people, logs or metadata will see.

What belongs here: the one function every resource passes a URL or a driver's message through before it becomes part of
an error, a log line or a file. What does not: reading credentials, and deciding where they come from.
"""

import re

MASK = "***"

# Up to the last '@' of the word, because people paste passwords that hold an unescaped '@', ':' or '/': hiding too much
# is the safe mistake.
_USER_INFO = re.compile(r"(?<=://)[^\s'\"<>]*@")
# Names under which drivers and S3 endpoints carry a secret: libpq parameters, query strings, presigned links.
_SECRET_PARAMETER = re.compile(
    r"(?i)\b((?:[\w-]*(?:password|passwd|secret|token|signature|credential)[\w-]*|pwd|[\w-]*access_key(?:_id)?)\s*=\s*)"
    r"(?:'[^']*'|\"[^\"]*\"|[^\s&'\",;]+)"
)


def mask_credentials(text: str) -> str:
    """Return the text with every user, password, token and signature in it replaced by ``***``.

    Args:
        text: A URL, or a message that may quote one.

    Returns:
        The text on one line (runs of white space become one blank), fit for an error message or a log.
    """
    one_line = " ".join(text.split())
    return _SECRET_PARAMETER.sub(rf"\g<1>{MASK}", _USER_INFO.sub(f"{MASK}@", one_line))
