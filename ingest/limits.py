"""Every limit of ingest, with its unit. docs/ingest.md shows senders the same table."""

MAX_SENT_BYTES = 16 * 1024 * 1024
MAX_BODY_BYTES = 64 * 1024 * 1024  # inflated
MAX_EVENTS = 100_000  # a body
BODY_WITHIN_S = 20.0
MAX_LINE_BYTES = 1024 * 1024  # over a socket; of a longer one the beginning is kept

MAX_EVENT_BYTES = 256 * 1024
STUB_TEXT_BYTES = 64 * 1024
STUB_COLUMN_CHARACTERS = 4096  # of a stub's event name, logger and service
MAX_DEPTH = 32  # the event itself is the first level
MAX_DEEP_TEXT_CHARACTERS = 4096
MAX_KEYS = 500  # a level
MAX_KEY_CHARACTERS = 256
MAX_NUMBER_CHARACTERS = 400
MAX_ID_CHARACTERS = 200  # request_id, cohort_id: they are in b-tree indexes, which refuse values above 2.7 KB
MAX_SERVICE_CHARACTERS = 100
MAX_FUTURE_S = 600

MAX_BODIES_AT_ONCE = 32
MAX_BODIES_A_KEY = 4
SMALL_BODY_BYTES = 16 * 1024  # as announced; they have places of their own, which take little memory
MAX_SMALL_BODIES_AT_ONCE = 48
MAX_SMALL_BODIES_A_KEY = 32
MAX_FAILED_KEYS_A_MINUTE = 20  # an address
