"""Models by name: pre-trained models that a user added, each a directory beside a card that says what it is."""
