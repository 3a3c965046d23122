"""What a walk chooses from."""

POLICIES = ["even", "even", "window:3", "window:7", "carry", "save", "static"]
SPENDING = ["groceries", "groceries", "transport", "health", "clothing", "dining_out",
            "entertainment", "coffee", "housing", "utilities", "debt", "communication"]
PAYEES = ["Αθήνα", "ΑΘΗΝΑ μου", "Café Roma", "Cafe\u0301 roma", "CAFE", "Кафе", "КАФЕ «Роза»",
          "Straße 5", "STRASSE", "Smørrebrød", "100 %", "a_b", "Market", None, None, None, None]
QUERIES = ["αθηνα", "Αθήνα", "café", "ROMA", "кафе", "strasse", "ß", "%", "_", "a_b", "market", "ma", "é", "роза"]
