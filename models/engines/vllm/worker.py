"""What Stargrove adds to vLLM's worker, in whichever process that is."""

from typing import Any


class WeightPacking:
    """Mixed into vLLM's worker, which calls it by the name of the method."""

    model_runner: Any

    def pack_output_layer(self) -> None:
        """Pack the weights of the output layer again, as vLLM does when it starts.

        On the CPU vLLM computes with packed copies of the weights. reload_weights packs each layer that it loads; an output
        layer that shares the weights of the embedding is not loaded by itself, and would go on computing with the old ones
        (vLLM 0.32).
        """
        head = self.model_runner.model.lm_head
        head.quant_method.process_weights_after_loading(head)
