"""What Stargrove adds to vLLM's worker, in whichever process that is."""

from typing import Any


class Worker:
    """Mixed into vLLM's worker, which calls it by the name of the method."""

    model_runner: Any

    def use_cpu_kernels(self) -> None:
        """Compute and draw in fewer passes: for bfloat16 models on the CPU, whose tokens are promised to nobody bit by bit."""
        from models.engines.vllm.cpu_kernels import draw_quickly, fuse

        fuse(self.model_runner.model)
        if hasattr(self.model_runner, "sampler"):
            draw_quickly(self.model_runner.sampler, self.model_runner.model_config.get_vocab_size())

    def pack_output_layer(self) -> None:
        """Pack the weights of the output layer again, as vLLM does when it starts.

        On the CPU vLLM computes with packed copies of the weights. reload_weights packs each layer that it loads; an output
        layer that shares the weights of the embedding is not loaded by itself, and would go on computing with the old ones
        (vLLM 0.32).
        """
        head = self.model_runner.model.lm_head
        head.quant_method.process_weights_after_loading(head)
