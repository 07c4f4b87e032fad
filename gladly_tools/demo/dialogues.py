"""What customers and agents say to each other, by what it is about; some of it is hostile on purpose.

A line is a speaker, C for the customer and A for the company, and a text in which `{order}`, `{product}`,
`{name}` and `{agent}` are filled in.
"""

from __future__ import annotations

from types import MappingProxyType

Dialogue = tuple[tuple[str, str], ...]

GENERAL = "Anything else"

PRODUCTS = (
    "cedar planter",
    "teak bench",
    'the "Large" watering can',
    "LED garden lamp",
    "rose arch",
    "compost bin, 300 l",
    "olive tree",
    "folding chair (set of 4)",
    "bird bath",
    "seed box 🌱",
    "hängematte",
    "soil, 20 kg",
)

# By the name of the topic at the top of the tree; a topic without an entry has the general ones.
DIALOGUES: MappingProxyType[str, tuple[Dialogue, ...]] = MappingProxyType(
    {
        "Orders": (
            (
                ("C", "Hi, my order {order} was supposed to arrive on Tuesday. Where is it?"),
                ("A", "Hello {name}, this is {agent}. Let me look that up for you."),
                ("C", "Thanks, I'm waiting at home for it."),
                ("A", "The courier scanned your {product} at the depot this morning. It is out for delivery today."),
                ("C", 'Today?! The tracking page still says "label created".'),
                ("A", "The page is a few hours behind, sorry. You should have it by 6 pm."),
                ("C", "OK. If it isn't here by then I'll call again."),
                ("A", "Please do. I'll keep an eye on it as well."),
                ("C", "It just arrived. Thank you!"),
                ("A", "Wonderful. Have a good evening, {name}."),
            ),
            (
                ("C", "I need to change the delivery address of {order}, we moved last week"),
                ("A", "Happy to help. What is the new address?"),
                ("C", "12 Mill Road, Apt. 4, Riverton, NJ 08077"),
                ("A", "Changed. Your {product} will go to Mill Road instead."),
                ("C", "Great, that was quick."),
                ("A", "Anything else I can do for you today?"),
                ("C", "No, that's all."),
            ),
            (
                ("C", "Only half of my order came. The {product} is missing."),
                ("A", "I'm sorry, {name}. It looks like {order} was split into two parcels."),
                ("C", "Nobody told me about a second parcel."),
                ("A", "You're right, the message should have gone out. The second parcel arrives on Friday."),
                ("C", "Please cancel the gift wrap then, I need it on Thursday."),
                ("A", "I've cancelled the wrap and upgraded the shipping for free."),
                ("C", "Thank you so much."),
            ),
            (
                ("C", "¿Dónde está mi pedido {order}? Ya pasaron dos semanas."),
                ("A", "Hola {name}, lo reviso ahora mismo."),
                ("C", "Gracias, es un regalo para mi mamá."),
                ("A", "Está en camino y llega mañana antes del mediodía. Disculpe la demora."),
                ("C", "¡Perfecto!"),
            ),
        ),
        "Returns & refunds": (
            (
                ("C", "The {product} arrived broken. I want my money back."),
                ("A", "I'm very sorry, {name}. Could you send a photo of the damage?"),
                ("C", "Sure, one moment."),
                ("C", "Here you go. Both legs are cracked."),
                ("A", "Thank you. I've started the refund for {order}; it takes 3 to 5 days."),
                ("C", "Do I have to send it back?"),
                ("A", "No need. Please recycle it if you can."),
                ("C", "That's kind, thanks."),
            ),
            (
                ("C", "How long does a refund take? I returned the {product} ten days ago."),
                ("A", "Let me check the warehouse for {order}."),
                ("A", "It was received on Monday. The refund of $84.90 was sent to your card today."),
                ("C", "My bank shows nothing."),
                ("A", "Banks need up to 5 working days. You'll get an e-mail from us with the reference."),
                ("C", "OK, I'll wait until Friday."),
            ),
            (
                ("C", "Wrong size! I ordered GRÖSSE L and got größe S..."),
                ("A", "Oh no. We can exchange it. Shall I send the larger one right away?"),
                ("C", "Yes please. And how do I return the small one?"),
                ("A", "I've sent you a label. Drop it at any parcel shop within 30 days."),
                ("C", "Got it."),
                ("A", "Your exchange is on {order}-X. Have a lovely day!"),
            ),
        ),
        "Product": (
            (
                ("C", "My new {product} looks wilted 🥀 What am I doing wrong?"),
                ("A", "Hi {name}! How often do you water it, and where does it stand?"),
                ("C", "Every day, on the balcony, full sun."),
                ("A", "That may be too much of both. Try water every third day and some shade at noon."),
                ("C", "Will it recover?"),
                ("A", "Most do within two weeks. If it doesn't, we replace it: plants have a 60-day guarantee."),
                ("C", "That's good to know. I'll report back."),
            ),
            (
                ("C", "There are screws missing from the {product}. The bag says 16, I count 14."),
                ("A", "Sorry about that! Which letters are on the bag?"),
                ("C", 'M6x40, bag "C".'),
                ("A", "Two screws are on their way by letter post, no charge."),
                ("C", "Perfect. Is step 7 of the guide really upside down?"),
                ("A", "It is, we get that question a lot. Turn the page around and it fits."),
                ("C", "Haha, ok. Thanks."),
            ),
            (
                ("C", "Which bulb fits the {product}? And does it survive -10 °C?"),
                ("A", "An E27, up to 9 watts. The lamp itself is fine down to -20 °C."),
                ("C", "And the cable?"),
                ("A", "Same. Only the timer should come inside in winter."),
                ("C", "Thank you, ordering now."),
            ),
        ),
        "Payment": (
            (
                ("C", "My card was declined three times and now I see three charges!"),
                (
                    "A",
                    "I understand the worry. Those are reservations, not charges; your bank releases them in 2 days.",
                ),
                ("C", "Are you sure? It's $412 each."),
                ("A", "Yes. I can see that none of them was booked on our side."),
                ("C", "Fine. Can I pay by invoice instead?"),
                ("A", "You can. I've sent the invoice for {order} to your e-mail address."),
                ("C", "Received."),
            ),
            (
                ("C", 'I need an invoice with VAT for {order}, company name "Green & Co., outlet".'),
                ("A", "Of course. What is the tax number?"),
                ("C", "It's on the attachment."),
                ("A", "Thank you. Here is the corrected invoice."),
                ("C", "All good now."),
            ),
            (
                ("C", "What is the balance of my gift card? It ends in 0042."),
                ("A", "There are $25.00 left, and it never expires."),
                ("C", "Can I use two cards for one order?"),
                ("A", "Up to five. Enter them one after the other at checkout."),
                ("C", "👍"),
            ),
        ),
        "Account": (
            (
                ("C", "I can't sign in. It says my e-mail does not exist."),
                ("A", "Let me help. Could it be that you registered with another address?"),
                ("C", "Maybe my work one..."),
                ("A", "I found an account under it. I've sent a link to set a new password."),
                ("C", "I'm in. Where are my loyalty points?"),
                ("A", 'Under "My garden", at the bottom. You have 1,250 of them.'),
                ("C", "Oh nice!"),
            ),
            (
                ("C", "Please delete my old account and keep the new one."),
                ("A", "I can merge both, so you keep your orders. Is that all right?"),
                ("C", "Yes, even better."),
                ("A", "Done. Sign out and in again to see everything."),
            ),
        ),
        "Complaint": (
            (
                ("C", "This is the third time I write about {order}. I want to talk to a manager."),
                ("A", "I'm sorry that it took so long, {name}. I'm {agent}, and I will see this through."),
                ("C", "That's what the last person said."),
                ("A", "I've read the whole conversation. The courier lost the parcel, and we should have told you."),
                ("C", "So what now?"),
                ("A", "A new {product} leaves today by express, and the shipping is refunded."),
                ("C", "We'll see. Please send me the tracking number."),
                ("A", "It's in your inbox now, and I'll call you tomorrow at ten."),
                ("C", "All right. Thank you for taking it seriously."),
            ),
            (
                ("C", "The courier threw my {product} over the fence. It's on video."),
                ("A", "That is not how we want your plants to arrive. May I see the video?"),
                ("C", "Attached. Second 14."),
                ("A", "I've passed it to the courier, and a replacement is on its way."),
                ("C", "Thanks. Please use another courier."),
            ),
        ),
        "Praise ❤️": (
            (
                ("C", "Just wanted to say that the {product} is gorgeous 😍"),
                ("A", "You made our day, {name}! Would you share a photo?"),
                ("C", "Here it is, with the cat."),
                ("A", "The cat approves, I see. Thank you!"),
            ),
        ),
        GENERAL: (
            (
                ("C", "Hello, are your stores open on Sunday?"),
                ("A", "Hi {name}, yes: from 10 to 4, garden centers until 6."),
                ("C", "And do you have the {product} there?"),
                ("A", "Springfield has three left. Shall I put one aside for you?"),
                ("C", "Yes please, for Saturday."),
                ("A", "It's waiting for you at the desk under {order}."),
            ),
            (
                ("C", "Bonjour, livrez-vous au Québec ?"),
                ("A", "Bonjour {name}, oui, en 4 à 6 jours. C'est « gratuit » dès 75 $."),
                ("C", "Parfait, merci beaucoup !"),
                ("A", "Avec plaisir. Bonne journée !"),
            ),
            (
                ("C", "I'm interested in 40 of the {product} for a hotel. Is there a discount?"),
                ("A", "There is: 12 % from 25 pieces. I can prepare an offer."),
                ("C", "Please do, including delivery to two addresses."),
                ("A", "You'll have it within the hour, {name}."),
                ("C", "Great service."),
            ),
        ),
    }
)

# Whatever shows, stores or downloads these must leave them what they are: text.
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</textarea><script>alert('x')</script>",
    "![x](http://tracker.example/p.png)",
    "[click](javascript:alert(1))",
    '=HYPERLINK("http://evil.example")',
    "+1-2+cmd|' /C calc'!A0",
    "@SUM(1,2)",
    ":material/home:",
    "$x^2$ and $$\\frac{a}{b}$$",
    "مرحبا، أين طلبي رقم 12؟",
    "left \u202eright-to-left override\u202c left",
    "Donaudampfschifffahrtsgesellschaft" * 12,
    "half an emoji: \ud83d",
    "GRÖSSE größe Größe gro\u0308ße",
    "bell \x07 escape \x1b[31mred\x1b[0m vertical \x0b form \x0c unit \x1f end",
    "line one\r\nline two\rline three\u2028line four\u0085line five",
    "zero\u200bwidth, soft\u00adhyphen, no\u00a0break",
    '"; DROP TABLE conversations; --',
    "{{7*7}} ${7*7} <%= 7*7 %>",
    "   ",
)

SUBJECTS = MappingProxyType(
    {
        "Orders": (
            "Where is my order {order}?",
            "Lieferung für {order} - größer & später 🚚",
            "Order {order}, part 2/2",
        ),
        "Returns & refunds": ("Rückgabe: Gartenstühle 🪑", 'Refund "urgent"', "Return of {order}"),
        "Product": ("Plant arrived wilted 🥀", "Missing screws, bag C", "Frage zur Hängematte"),
        "Payment": ("Invoice for {order}", "=SUM(A1:A9) in my invoice", "Card declined ❌"),
        "Account": ("Can't sign in", "Passwort vergessen - Konto gesperrt"),
        "Complaint": ("COMPLAINT!!! {order}", "Beschwerde über den Kurier 😡"),
        "Praise ❤️": ("❤️", "Danke schön!"),
        GENERAL: ("A question", "Öffnungszeiten am Sonntag?", "Offer for 40 pieces"),
    }
)

NOTES = (
    "Customer called twice today, please be quick.",
    "Waiting for the warehouse. Ticket W-1187.",
    "Refund approved by Grace.\nDo not promise a date.",
    "<p>Checked with the <strong>courier</strong>: parcel is lost.</p><ul><li>replace</li><li>no charge</li></ul>",
    '<p>See <a href="https://wiki.example/returns?a=1&amp;b=2">the returns page</a>.<br>Second line</p>',
    '<div style="margin: 4px"><em>VIP</em> &ndash; handle with care 🌿</div>',
    "<b>Not closed",
    "=2+5",
)
RULE_NOTES = ("Assigned by rule: orders", "Closed after 7 days without an answer")

AI_DIALOGUE = (
    ("A", "Thank you for calling Brightleaf Home & Garden. How can I help you today?"),
    ("C", "Uh, I want to know where my order is."),
    ("A", "Sure. Could you tell me the order number?"),
    ("C", "It's {order}."),
    ("A", "Thank you. Your {product} left the warehouse yesterday and arrives tomorrow. Is there anything"),
    ("C", "No, I want to talk to a person."),
    ("A", "Of course. I'm connecting you with somebody from the team."),
    ("C", "Thanks."),
)

CALL_OPENING = (
    ("A", "Thank you for calling Brightleaf, you're speaking with {agent}."),
    ("C", "Hi, this is {name}. Can you hear me?"),
)
VOICEMAILS = (
    "Hi, this is {name}. I'm calling about {order}. Please call me back before five.",
    "Hello? ... Yes, it's about the {product}. It's, um, the wrong colour. You have my number.",
    "Guten Tag, hier ist {name}, bitte rufen Sie mich wegen der Größe zurück.",
)

ACKNOWLEDGEMENTS = (
    "Thank you for your message. We answer within one day.",
    "Hi! Our team is away until 8 am. We'll be in touch.",
)
QUICK_REPLIES = (
    ("What is it about?", (("order", "My order"), ("return", "A return"), ("plants-1", "Plants & garden 🌱"))),
    ("Was that helpful?", (("yes", "Yes"), ("no_", "No, I want to talk to a person"))),
    (
        "Please choose a size",
        tuple((f"size-{number}", f'{number}0 cm ("{number}")') for number in range(1, 11)),
    ),
)

# Title, body, source, link text.
ACTIVITIES = MappingProxyType(
    {
        "EMAIL": (("Order confirmation sent", "Hello, your order {order} is confirmed.", "Mailer", "View e-mail"),),
        "ISSUE": (
            ("Parcel scan failed", "<p>Depot <b>NJ-4</b><br>Code 17</p>", "Courier, Inc.", "Open case"),
            ("=1+1", "Repeated sign-in failures", 'Shop "main"', None),
        ),
        "SMS": ((None, "Your parcel arrives between 2 and 4 pm 🚚", "Courier, Inc.", None),),
        "SURVEY": (
            ("CSAT 5 of 5", "“Friendly & quick”", "Surveys", "See answers"),
            ("CSAT 1 of 5", '<p style="x">Nie wieder! <img src=x onerror=alert(1)></p>', None, "Siehe Antwort: größer"),
        ),
    }
)

# File name and content type; None = the field is missing.
FILES = (
    ("photo.png", "image/png"),
    ("photo.png", "image/png"),
    ("../invoice.pdf", "application/pdf"),
    ("CON.txt", "text/plain"),
    ("Rechnung Größe L - 日本.pdf", "application/pdf"),
    ("..\\..\\windows\\notes.txt", "text/plain"),
    ('order:12?*<>|".csv', "text/csv"),
    ("/etc/passwd", "text/plain"),
    ("page.html", "text/html"),
    ("clip.gif", "image/gif"),
    ("trailing dot. ", "text/plain"),
    ("", "application/octet-stream"),
    (None, "image/png"),
    ("no type", None),
    ("x" * 300 + ".pdf", "application/pdf"),
    ("name\nwith line.txt", "text/plain"),
)
