"""What the detectors find and leave alone. A new false alarm from real answers belongs in these lists."""

import pytest

from foretell.core.analysis.trials.detect import is_cut, is_filtered, is_refusal

REFUSALS = [
    "I'm sorry, but I can't help with that.",
    "I cannot assist with that request.",
    "I'm unable to provide medical advice.",
    "As an AI language model, I cannot browse the internet.",
    "I’m not able to help with this.",
    "Sorry, I can't do that.",
    "I must decline to answer this question.",
    "Unfortunately, I cannot provide you with that information.",
    "I won't be able to assist you with this.",
    "I'd rather not discuss that topic.",
    "That's not something I can help with.",
    "I can't give any legal advice.",
    "I apologize, but I am unable to assist with illegal activities.",
    "Hello! Thank you for your message. I'm sorry, I can't answer that.",
    "I can't share details about other customers.",
    "This request violates our usage policies.",
    "Es tut mir leid, aber dabei kann ich Ihnen nicht helfen.",
    "Ich kann diese Frage leider nicht beantworten.",
    "Ich bin nicht befugt, darüber Auskunft zu geben.",
    "Als KI kann ich keine medizinischen Ratschläge geben.",
    "Das kann ich leider nicht beantworten.",
    "Leider kann ich Ihnen damit nicht weiterhelfen.",
    "Je suis désolé, mais je ne peux pas vous aider avec cela.",
    "Je ne suis pas en mesure de répondre à cette question.",
    "En tant qu'IA, je ne peux pas donner de conseils médicaux.",
    "Désolé, je ne peux pas répondre à cette demande.",
    "Lo siento, pero no puedo ayudarte con eso.",
    "No puedo responder a esa pregunta.",
    "Como modelo de lenguaje, no puedo dar consejos médicos.",
    "Lo siento, no puedo proporcionar esa información.",
    "**I'm sorry**, but I can't comply with this request.",
    "I can't help you with that, but I can tell you about our returns.",
]

ANSWERS = [
    "Unfortunately, we do not deliver on Sundays.",
    "I'm sorry to hear that your parcel is damaged. Please report it within 7 days.",
    "I'm sorry, but ropes cannot be returned once the seal is broken.",
    "You can't return sale items after 21 days.",
    "No, we do not accept cheques.",
    "Sorry, the shop is closed on Mondays.",
    "I could not find an order with the number LK-4102.",
    "I don't have information about that in our help pages. Please call 020 7946 0142.",
    "I can't see your order yet; it usually appears after an hour.",
    "We cannot refund gift cards.",
    "I can help you with that!",
    "I'd be happy to assist.",
    "If you cannot help yourself, ask a member of staff.",
    "Your card was declined by the bank.",
    "I cannot recommend this tent highly enough.",
    "I can't wait to see you in the shop!",
    "We are unable to deliver to Canada.",
    "You must decline the offer within 10 days.",
    "Nein, wir liefern nicht am Sonntag.",
    "Sie können den Artikel nicht zurückgeben.",
    "Ich kann Ihnen gern helfen.",
    "Leider liefern wir nicht nach Kanada.",
    "Das Seil kann nicht zurückgegeben werden. Ich helfe Ihnen gern weiter.",
    "Non, nous ne livrons pas le dimanche.",
    "Je peux vous aider avec plaisir.",
    "Malheureusement, cet article ne peut pas être retourné.",
    "No, no entregamos los domingos.",
    "No puede devolver la cuerda después de abrirla.",
    "Puedo ayudarte con eso.",
    "To reset it, click the link. If the link has expired, I cannot help but suggest a new one.",
    "Once you have paid, I cannot change the address of the order.",
    "The answer is 42.",
]

WHOLE = [
    "Yes.",
    "Yes",
    "42",
    "£8.50",
    "45 days",
    "6 to 8 working days",
    "Parcelway",
    "020 7946 0142",
    "Standard delivery takes 3 to 5 working days and costs £4.95.",
    "Standard delivery takes 3 to 5 working days",
    "Yes, standard delivery is free for orders over £65",
    "We deliver to:\n- Ireland\n- Norway\n- Germany",
    "Follow these steps:\n1. Open the page My orders\n2. Print the label\n3. Hand the parcel in at a shop",
    "Please see https://example.com/returns",
    "You can write to us. Our address is help@larkspur.example",
    "Your order is on its way. It arrives on 16 October",
    "Thank you for your question. We will reply within two days.\n\nBest regards,\nAnna from Larkspur",
    "Thank you. We will reply soon.\n\nKind regards\nThe Larkspur team",
    "Happy hiking! 🥾",
    "I hope this helps 😊",
    '{"answer": "45 days", "sources": ["returns"]}',
    "[1, 2, 3]",
    "```python\nprint(1)\n```",
    "Here is the code. Run it.\n```\nls -la\n```",
    "| item | price |\n|---|---|\n| zip | £18 |\n| sole | £58 |",
    "# Returns\n\nYou can return an item within 45 days.\n\n## Refunds\n\nRefunds take 6 working days.",
    'He said: "You can return it."',
    "You can return it (with tags).",
    "Is there anything else I can help you with?",
    "**Important:** ropes cannot be returned.",
    "*Prices include VAT.*",
    "標準配送には3~5営業日かかります。",
    "标准配送需要3至5个工作日",
    "Die Lieferung dauert 3 bis 5 Werktage.",
    "The total is £74.20",
    "Your status: packed",
    "Tarn kayak, Fell 2 tent, Gill bottle",
    "There are two sizes. Choose size L",
    "The shop opens at 9:00. It closes at 17:30",
    "To reset your password, do this. First open the link. Then choose a new password…",
    "Here are the prices. Zip: £18\nSole: £58\nPole: £11",
    "Ordered: 9 October\nSent: 12 October\nCourier: Parcelway",
    "Boots come in sizes 36 to 49",
    "Jackets:\n* size M fits 96 to 101 cm\n* size L fits 102 to 107 cm",
    "¿Puedo ayudarle con algo más?",
    "Vous pouvez le retourner sous 45 jours !",
    "Sure! Here is a haiku.\n\nRain on the tent roof\nboots beside the cooling stove\nmorning comes slowly",
    "ปกติการจัดส่งใช้เวลา 3 ถึง 5 วันทำการ",
    "<p>You can return an item within 45 days.</p>",
    "Yes, we do. Not on Sundays, though",
    "Jobs we offer.\n\nSome experience with outdoor clothing\nEagerness to work in a busy shop in the summer",
]

CUT = [
    "You can return an item within 45 days. The item must be unused and still have",
    "Standard delivery takes 3 to 5 working days and",
    "Standard delivery takes 3 to 5 working days and costs £4.95. Express delivery takes 1 to 2 wor",
    "We offer several kinds of discount. Students get 12 percent, nurses and teachers get",
    "Follow these steps:\n1. Open the page My orders\n2. Print the",
    "Here is what you need to do:",
    "The warranty covers zips, seams,",
    "The jacket can be washed at 30 degrees (",
    '{"answer": "45 days", "sources": ["ret',
    "Here is the code:\n```python\ndef f(x):\n    return",
    "It was sent on 12 October with Parcelway. It is expected to arrive at your home on the",
    "Die Lieferung dauert 3 bis 5 Werktage. Wenn Sie bis 14 Uhr bestellen, liefern wir mit der",
    "La livraison prend 3 à 5 jours. Vous pouvez suivre votre colis sur la page",
    "El envío tarda de 3 a 5 días. Si el producto llega dañado, puede devolverlo con la etiqueta que",
    "Tents have a warranty of 6 years. Boots have a warranty of 18 months, but only when they were not",
    "You can pay by card. You can also pay in instalments when the value of your order",
    "We repair tents, boots and jackets. A new zip costs £18 while resoling walking boots at our workshop",
    "配送には通常3日かかります。お急ぎの場合は速達便をご利用いただけますので、その場合は注文画面で",
    "The next trips are planned. We also visit Marrakech.\nDay 17: Explore the charming city of",
]


def test_refusals_are_found() -> None:
    assert [text for text in REFUSALS if not is_refusal(text)] == []


def test_answers_are_no_refusals() -> None:
    assert [text for text in ANSWERS + WHOLE if is_refusal(text)] == []


def test_cut_answers_are_found() -> None:
    assert [text for text in CUT if not is_cut(text, "stop")] == []


def test_whole_answers_are_not_cut() -> None:
    assert [text for text in WHOLE + ANSWERS + REFUSALS if is_cut(text, "stop")] == []


@pytest.mark.parametrize(
    ("reason", "is_out"), [("length", True), ("MAX_TOKENS", True), ("stop", False), ("end_turn", False), (None, False)]
)
def test_a_model_that_ran_out_of_tokens_is_believed(reason: str | None, is_out: bool) -> None:
    assert is_cut("A whole sentence.", reason) is is_out


@pytest.mark.parametrize(
    ("reason", "is_it"), [("content_filter", True), ("SAFETY", True), ("stop", False), (None, False)]
)
def test_the_filter_of_a_provider_is_known(reason: str | None, is_it: bool) -> None:
    assert is_filtered(reason) is is_it


@pytest.mark.parametrize(
    ("text", "is_it_cut"),
    [
        ("." * 50_000 + "x", False),
        ("a" * 50_000, False),
        ("@" * 50_000, False),
        ("- " * 50_000, False),
        ("{" * 50_000, True),
    ],
)
def test_long_monotonous_text_is_read_at_once(text: str, is_it_cut: bool) -> None:
    assert (is_refusal(text), is_cut(text)) == (False, is_it_cut)
