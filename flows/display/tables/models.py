"""What is known of a model that was added by name, for people."""

from models.catalogue.card import ModelCard

MILLION = 1e6


def line_of(card: ModelCard) -> str:
    """Return one line: name, size and architecture, how it is prompted, where it came from."""
    size = f"{card.shape.n_parameters / MILLION:,.1f}M"
    return f"{card.name}  {size} {card.shape.architecture}  {card.template or 'not checked'}  {card.source}"


def described(card: ModelCard) -> str:
    """Return everything that the card says, one fact per line."""
    shape = card.shape
    facts = {
        "model": card.name,
        "source": card.source + (f" at {card.revision}" if card.revision else ""),
        "licence": card.licence or "not stated by its files",
        "architecture": f"{shape.architecture}, {shape.n_layers} layers of width {shape.hidden_size}",
        "parameters": f"{shape.n_parameters / MILLION:,.1f}M in {shape.dtype}" + (", embeddings tied" if shape.is_tied else ""),
        "context": f"{shape.context_tokens:,} tokens" if shape.context_tokens else "not stated",
        "vocabulary": f"{shape.vocabulary_size:,} rows, {card.n_unused_rows:,} of them unused",
        "step format": _format_line(card),
        "memory to serve": f"{shape.serving_mib:,} MiB, and {shape.kv_bytes_per_token / 1024:,.0f} KiB per token in flight",
        "memory to train": f"{shape.training_mib:,} MiB, and activations",
        "prompted": card.template or "not checked: stargrove model check " + card.name,
    }
    width = max(map(len, facts))
    return "\n".join(f"{name:<{width}}  {fact}" for name, fact in facts.items())


def _format_line(card: ModelCard) -> str:
    if not card.survives:
        return "does NOT survive its tokenizer: this model cannot be used"
    marks = "each mark one token" if card.mark_tokens == 1 else f"marks of up to {card.mark_tokens} tokens"
    chat = "has a chat template" if card.has_chat_template else "no chat template"
    return f"survives its tokenizer, {marks}; {chat}"
