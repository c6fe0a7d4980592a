"""Who Acme Inc sells to and what it sells: customers, products and the price book.

What belongs here: reference data as the billing system holds it. What does not: contracts and invoices
(`subscriptions`, `one_offs`, and what the order desk sells, at prices of its own: `orders`).
"""

from dataclasses import dataclass

Row = dict[str, str | None]

# ISO 4217 exponents of the currencies Acme bills in.
EXPONENTS = {"USD": 2, "EUR": 2, "JPY": 0}


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer of the billing system; it is billed in one currency."""

    id: str
    legal_name: str
    currency: str


# The names are made up. They hold what breaks naive files: commas, quotes, ampersands, an angle bracket, scripts other
# than Latin, and a leading "=" and "+" that a spreadsheet would run as a formula (SPEC 9).
_NAMES = (
    ("Harbor & Finch Outfitters, Inc.", "USD"),
    ("Cedar Ridge Medical Group LLC", "USD"),
    ("Müller & Söhne Präzisionstechnik GmbH", "EUR"),
    ('The "Bright Side" Bakery Company', "USD"),
    ("株式会社青空ソフトウェア", "JPY"),
    ("=Equals Design Studio LLC", "USD"),
    ("Atelier Électrique Lyonnais, S.A.S.", "EUR"),
    ("Northgate Freight Lines, Inc.", "USD"),
    ("Łódź Logistyka Sp. z o.o.", "EUR"),
    ("+Plus Mobility Corp.", "USD"),
    ("合同会社さくら物流", "JPY"),
    ("Smith, Jones & Partners LLP", "USD"),
    ("Tres Hermanos Distribución, S.L.", "EUR"),
    ("O'Hara Marine Insurance Ltd.", "USD"),
    ("Quarry Lane Schools Foundation", "USD"),
    ("Østerbro Data ApS", "EUR"),
    ("Blue Mesa Energy Partners LP", "USD"),
    ("株式会社みなと商事", "JPY"),
    ("A<B Testing Labs, Inc.", "USD"),
    ("Granite State Savings Union", "USD"),
    ("Björkvik Friluft AB", "EUR"),
    ("Palisade Robotics, Inc.", "USD"),
    ("Ivory Gate Trading Company LLC", "USD"),
    ("Meridian Dental Supply Co.", "USD"),
    ("日本橋データサービス株式会社", "JPY"),
    ("Kaskade Verlag GmbH & Co. KG", "EUR"),
    ("Redwood County Water District", "USD"),
    ("Lakeshore Analytics Cooperative", "USD"),
    ("Van den Berg & Zonen B.V.", "EUR"),
    ("Sunbelt Staffing Solutions, LLC", "USD"),
    ("Copper Kettle Restaurants, Inc.", "USD"),
    ("Pixel & Pine Studios LLC", "USD"),
    ("北海道フーズ株式会社", "JPY"),
    ("Castelo do Mar Hotéis, Lda.", "EUR"),
    ("Vantage Point Realty Trust", "USD"),
    ("Summit Ridge Apparel, Inc.", "USD"),
    ("Officina Meccanica Pò S.r.l.", "EUR"),
    ("Tidewater Shipping & Storage Co.", "USD"),
    ("株式会社かえで電機", "JPY"),
    ("Old Mill Veterinary Clinics, PLLC", "USD"),
)
CUSTOMERS = {
    f"cus_{number:03}": Customer(f"cus_{number:03}", name, currency)
    for number, (name, currency) in enumerate(_NAMES, start=1)
}
# Customers of Acme Europe GmbH, which has ledgers of its own; cus_041 has no name and ends in quarantine (`bad_rows`).
EUROPE = "europe"
CUSTOMERS |= {
    "cus_042": Customer("cus_042", "Zürichsee Messtechnik AG", "EUR"),
    "cus_043": Customer("cus_043", "Nordlicht Energie eG", "EUR"),
}

STRAIGHT_LINE = "STRAIGHT_LINE"
POINT_IN_TIME = "POINT_IN_TIME"
USAGE = "USAGE"
MILESTONE = "MILESTONE"
PRODUCTS = {
    "prod_platform": ("Acme Platform", STRAIGHT_LINE),
    "prod_seats": ("Additional Seats", STRAIGHT_LINE),
    "prod_support": ("Premium Support", STRAIGHT_LINE),
    "prod_analytics": ("Analytics", STRAIGHT_LINE),
    "prod_sandbox": ("Sandbox Environment", STRAIGHT_LINE),
    "prod_api": ("API Access", STRAIGHT_LINE),
    "prod_setup": ("Setup Fee", POINT_IN_TIME),
    "prod_training": ("Training Day", POINT_IN_TIME),
    "prod_messages": ("Message Delivery", USAGE),
    "prod_compute": ("Compute Minutes", USAGE),
    "prod_project": ("Implementation Project", MILESTONE),
    "prod_hosting": ("Managed Hosting", STRAIGHT_LINE),
    "prod_gateway": ("Edge Gateway", POINT_IN_TIME),
    "prod_credits": ("Prepaid Credits", POINT_IN_TIME),
}

# Minor units: a month of a subscription product (seats: of one seat), one setup, one training day.
PRICE_BOOK_MINOR = {
    "USD": {
        "prod_platform": 900_00,
        "prod_seats": 15_75,
        "prod_support": 249_00,
        "prod_analytics": 399_00,
        "prod_sandbox": 120_00,
        "prod_api": 179_50,
        "prod_setup": 2_500_00,
        "prod_training": 1_800_00,
    },
    "EUR": {
        "prod_platform": 849_00,
        "prod_seats": 14_50,
        "prod_support": 229_00,
        "prod_analytics": 369_00,
        "prod_sandbox": 110_00,
        "prod_api": 165_00,
        "prod_setup": 2_300_00,
        "prod_training": 1_650_00,
    },
    "JPY": {
        "prod_platform": 135_000,
        "prod_seats": 2_350,
        "prod_support": 37_000,
        "prod_analytics": 59_500,
        "prod_sandbox": 18_000,
        "prod_api": 26_500,
        "prod_setup": 370_000,
        "prod_training": 268_000,
    },
}

# The extract of reference data was taken on the eve of the year.
_REFERENCE_UPDATED_AT = "2024-12-31T18:00:00Z"


def customer_rows() -> list[Row]:
    """Return the `customers` dataset, one row a customer (SPEC 10)."""
    return [
        {"id": customer.id, "legal_name": customer.legal_name, "updated_at": _REFERENCE_UPDATED_AT}
        for customer in CUSTOMERS.values()
    ]


def product_rows() -> list[Row]:
    """Return the `products` dataset, one row a product (SPEC 10)."""
    return [
        {"id": product_id, "name": name, "recognition_method": method, "updated_at": _REFERENCE_UPDATED_AT}
        for product_id, (name, method) in PRODUCTS.items()
    ]
