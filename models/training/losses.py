"""Losses of the PPM and of the two models that the paper compares it with (arXiv 2501.04519, section 4.3).

All three see the same pairs of scored prefixes, so that a comparison differs in the loss alone.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from models.engines.ppm_score import SCORE_SCALE
from models.training.settings import LossKind, PpmSettings

PairLoss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
"""From logits and Q-values of chosen and rejected, each float32 (pairs,), to one loss per pair."""


def preference_loss(center: float) -> PairLoss:
    """Return the Bradley-Terry loss of each pair, - log sigmoid(chosen - rejected), plus center * (chosen + rejected)^2.

    The first term knows only differences. The second keeps both around zero, so that scores of different steps can be
    averaged and tanh does not flatten the difference (TRL's center_rewards_coefficient, after arXiv 2312.09244).
    """

    def loss(chosen: Tensor, rejected: Tensor, chosen_q: Tensor, rejected_q: Tensor) -> Tensor:
        return -logsigmoid(chosen - rejected) + center * (chosen + rejected).square()

    return loss


def outcome_loss(chosen: Tensor, rejected: Tensor, chosen_q: Tensor, rejected_q: Tensor) -> Tensor:
    """Return the cross entropy of each pair's two prefixes, the chosen one correct and the rejected one wrong."""
    return -logsigmoid(chosen) - logsigmoid(-rejected)


def q_value_loss(chosen: Tensor, rejected: Tensor, chosen_q: Tensor, rejected_q: Tensor) -> Tensor:
    """Return the squared error of each pair's two scores against their Q-values."""
    scores = torch.tanh(chosen / SCORE_SCALE), torch.tanh(rejected / SCORE_SCALE)
    return (scores[0] - chosen_q).square() + (scores[1] - rejected_q).square()


def pair_loss(settings: PpmSettings) -> PairLoss:
    """Return the loss that the settings name."""
    losses: dict[LossKind, PairLoss] = {
        "ppm": preference_loss(settings.center_rewards_coefficient),
        "orm": outcome_loss,
        "pqm": q_value_loss,
    }
    return losses[settings.loss_kind]
