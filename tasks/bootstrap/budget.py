"""How many tokens a model that is paid by the token may still be asked for. Mutable: it counts."""

from warehouse.errors import BadInput


class BudgetSpent(BadInput):
    """The tokens that the settings allow are spent. What is committed stays, and more can be allowed."""


class TokenBudget:
    """limit: tokens read and written; 0: any number."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.spent = 0

    def spend(self, n_tokens: int) -> None:
        """Count tokens. Raises BudgetSpent once they are more than the limit."""
        self.spent += n_tokens
        if self.limit and self.spent > self.limit:
            raise BudgetSpent(
                f"the bootstrap model was asked for {self.spent:,} tokens; bootstrap.max_tokens = {self.limit} allows no more",
                hint="allow more and run the same command again: finished shards are not repeated",
            )
