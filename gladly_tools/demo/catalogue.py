# fmt: off  (word lists, packed to be read at a glance)
"""Every name, phrase and proportion that the demo company is made of.

All of it is invented. Many entries are awkward on purpose: commas, quotes, line breaks, emoji, other scripts,
and texts that a spreadsheet would take for a formula. Whatever passes through them unharmed will cope with
real data.
"""

from __future__ import annotations

from dataclasses import dataclass

COMPANY_NAME = "Brightleaf Home & Garden"
LOGIN_DOMAIN = "brightleaf.example"
GLADLY_URL = "https://brightleaf.gladly.example"
TIME_ZONE = "America/New_York"

AGENT_NAMES = (
    "Alex Rivera",
    "Priya Natarajan",
    "Morgan Lee",
    "Siobhán O'Brien",
    "José Núñez",
    "Robert Smith, Jr.",
    "Hana Suzuki",
    "Kwame Boateng",
    "Lena Fischer",
    "Tomás Ortega",
    "Grace Whitfield",
    "Omar Haddad",
    "Mei-Ling Chen",
    'Daniel "Danny" Brooks',
    "Ingrid Solberg",
    "Chloé Martin",
    "Ravi Kapoor",
    "Sam Lee",
    "Sam Lee",
    "Nadia Petrova",
    "Marcus Bell",
    "Yara Costa",
    "=Bot()",
    "Zoë 🌿 Green",
)  # two agents share a name, as happens: only the id tells them apart

TEAM_NAMES = ("Front line", "Garden experts", "Deliveries, returns & repairs", "Weekend crew")


@dataclass(frozen=True, kw_only=True)
class InboxKind:
    """One inbox to be made; `share` is its part of new conversations, 0 for one that gets none."""

    name: str
    share: float
    disabled: bool = False


INBOXES = (
    InboxKind(name="General", share=0.34),
    InboxKind(name="Orders & delivery", share=0.26),
    InboxKind(name="Returns, exchanges", share=0.16),
    InboxKind(name='Garden "Green Line" 🌱', share=0.09),
    InboxKind(name="Phone", share=0.08),
    InboxKind(name="Escalations", share=0.04),
    InboxKind(name="-VIP-", share=0.02),
    # Closed for work, yet conversations sit in it.
    InboxKind(name="Holiday 2019", share=0.01, disabled=True),
    InboxKind(name="Test (do not use)", share=0.0, disabled=True),
)

AUDIENCES = ("Brightleaf", "Brightleaf Pro", "Green & Co., outlet", "Équipe Québec")

# Indentation is the hierarchy; a leading ~ marks a disabled topic.
TOPIC_TREE = """\
Orders
  Order status
    Delayed order
    Lost in transit
    Partial shipment
  Change an order
    Change address
    Cancel, before dispatch
    Add an item
  Gift orders
    Gift message
    ~Gift wrap
Returns & refunds
  Return an item
    Wrong size
    Changed my mind
    Arrived "as is", broken
  Refund status
    Refund not received
  Exchange
Product
  Garden 🌱
    Plant arrived wilted 🥀
    Seeds, bulbs & soil
    -10 °C hardiness
  Furniture
    Assembly help
    Missing screws
  Lighting
    Bulb type
  ~Catalogue 2018
Payment
  Card declined
  Invoice
    VAT, GST & other tax
  =SUM(A1:A9)
  Gift card balance
Account
  Sign-in trouble
  Loyalty points
  ~Fax number
Complaint
  Store visit
  +1 from a manager
  Courier
Praise ❤️
@Social
  ملاحظات
  お問い合わせ
"""
ORPHAN_TOPIC = "Left behind"
CYCLE_TOPICS = ("Chicken", "Egg")


@dataclass(frozen=True, kw_only=True)
class ChannelKind:
    """How conversations that begin on a channel behave; durations are medians in seconds."""

    code: str
    share: float
    handle: float
    to_close: float


CHANNELS = (
    ChannelKind(code="EMAIL", share=0.36, handle=420, to_close=9 * 3600),
    ChannelKind(code="CHAT", share=0.22, handle=780, to_close=1500),
    ChannelKind(code="PHONE_CALL", share=0.18, handle=540, to_close=900),
    ChannelKind(code="SMS", share=0.09, handle=360, to_close=3 * 3600),
    ChannelKind(code="VOICEMAIL", share=0.04, handle=240, to_close=6 * 3600),
    ChannelKind(code="FB_MESSENGER", share=0.04, handle=400, to_close=4 * 3600),
    ChannelKind(code="INSTAGRAM_DIRECT", share=0.04, handle=380, to_close=4 * 3600),
    ChannelKind(code="WHATSAPP", share=0.02, handle=380, to_close=3 * 3600),
    ChannelKind(code="TWITTER", share=0.01, handle=300, to_close=5 * 3600),
)

# The addresses at which customers reach the company, and what the telephone menu offers.
COMPANY_LINES = ("+18005550100", "+18005550101", "+18005550147")
COMPANY_MAILBOXES = ("hello@brightleaf.example", "orders@brightleaf.example", "rücksendung@brightleaf.example")
IVR_SELECTIONS = ("orders", "returns", "Garden, advice & plants", "billing", "=agent", None)

# New conversations by weekday (Monday first) and by local hour; only the proportions matter.
WEEKDAY_CURVE = (1.35, 1.12, 1.05, 1.0, 0.95, 0.45, 0.35)
HOUR_CURVE = (
    0.3,
    0.2,
    0.12,
    0.1,
    0.12,
    0.25,
    0.7,
    1.6,
    3.4,
    5.6,
    6.6,
    6.4,
    5.4,
    5.8,
    6.0,
    5.5,
    4.8,
    3.9,
    3.0,
    2.6,
    2.2,
    1.6,
    1.0,
    0.6,
)

FIRST_NAMES = (
    "Ava",
    "Liam",
    "Noah",
    "Olivia",
    "Emma",
    "José",
    "Zoë",
    "Mía",
    "Søren",
    "Chloé",
    "Anna-Maria",
    "Jürgen",
    "Aisha",
    "Kenji",
    "Fatima",
    "Ivan",
    "Ngozi",
    "Lucas",
    "Isla",
    "Mateo",
    "Priya",
    "Owen",
    "Nora",
    "Theo",
    "Ruth",
    "Eli",
    "Maeve",
    "Hugo",
    "Clara",
    "Dmitri",
    "Leila",
    "Paul",
    "Wei",
    "Sofia",
    "Jack",
    "Amélie",
)
LAST_NAMES = (
    "O'Brien",
    "Müller",
    "Smith",
    "Garcia",
    "Nguyen",
    "Kowalski",
    "D'Angelo",
    "van der Berg",
    "Johnson",
    "Haddad",
    "Ibáñez",
    "Okafor",
    "Tanaka",
    "Brown",
    "Lindqvist",
    "Costa",
    "Martin",
    "Singh",
    "Cohen",
    "Silva",
    "Novák",
    "Young",
    "Baker",
    "Çelik",
    "Fraser",
    "Moreau",
    "Wong",
    "Adams",
    "Reyes",
    "Petrov",
)
AWKWARD_NAMES = (
    "Smith, Jr., Robert",
    "=cmd()",
    "+Plus Account",
    "@home decor",
    "-Minus, Nellie",
    "王芳",
    "محمد الحسن",
    "רחל כהן",
    "🌻 Sunny Gardens 🌻",
    'Robert "Bob" Taylor',
    "Line\nBreak",
    "お客様 テスト",
    "  Spaces  ",
    "NULL",
    "#N/A",
    "007",
    "Name\twith tab",
    "👩‍🌾 Farmer",
)
STREETS = (
    "Maple Street",
    "Elm Avenue",
    "Côte-des-Neiges Road",
    'Harbour "Old" Lane',
    "5th Avenue",
    "Mill Road, Apt. 4",
)
CITIES = ("Springfield, NY 10999", "Riverton, NJ 08077", "Québec, QC G1R 1A1", "Fairview, CA 92999")
MAIL_DOMAINS = ("example.com", "example.org", "example.net", "mailbox.example", "post.example")

ANSWER_NAMES = (
    "Where is my order?",
    "Cancel, change or return",
    'How to say "sorry"',
    '=HYPERLINK("#")',
    "Plant care 🌱",
    "Refund times",
    "Card declined",
    "Gift card balance",
    "Assembly guide: shelf",
    "Assembly guide: table",
    "Lost parcel",
    "Damaged on arrival",
    "Warranty, two years",
    "Store hours",
    "Loyalty points explained",
    "Change delivery address",
    "Bulk orders",
    "-20 % winter sale",
    "+Plus membership",
    "@social reply",
    "Late delivery, first notice",
    "Late delivery, second notice",
    "Invoice copy",
    "Tax exemption",
    "Missing screws",
    "Seeds that do not sprout",
    "Wrong colour",
    "Wrong size",
    "Out of stock",
    "Back in stock",
    "Recall notice",
    "Fraud check",
    "Escalation to a manager",
    "Goodbye",
    "Greeting",
    "Greeting, evening",
    "Réponse générale",
    "Respuesta general",
    "Accessibility",
    "Internal: courier contacts",
)
LANGUAGES = ("en-us", "es-419", "fr-ca")
ANSWER_TYPES = ("public", "email", "messaging", "reference")
ANSWER_PHRASES = {
    "en-us": (
        "Thank you for writing to us.",
        "Your order is on its way 🚚.",
        'Say "hello" to spring, and water it daily.',
        "We're sorry; it's our fault.",
        "Prices < $50 & free returns.",
        "Please allow 3 to 5 days.",
    ),
    "es-419": ("Gracias por escribirnos.", "¿Dónde está su pedido? ¡En camino! 🚚", 'Disculpe la "demora".'),
    "fr-ca": ("Merci de nous avoir écrit.", "Votre commande est en route 🚚.", "Désolés pour l'« attente »."),
}
