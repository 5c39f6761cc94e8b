"""Floating-point operations of a step, counted from shapes, a multiply-add as two.

A forward pass costs 2 per weight of a matrix and token, and 4 w h c per token of a layer
that attends to c tokens with h heads of width w (scores, then values). A backward pass costs
twice a forward pass. Embeddings, norms, softmax and the optimiser are left out (about 2 %).
"""

from dataclasses import dataclass

from transformers import LlavaForConditionalGeneration


@dataclass(frozen=True)
class Cost:
    """Operations of one token or picture."""

    picture: float
    token: float  # the decoder's matrices
    context: float  # per token and token attended to
    head: float  # next-token scores of one token

    def tokens(self, count: float, context: float) -> float:
        """`count` tokens, each attending to `context` tokens on average."""
        return count * (self.token + self.context * context)


def cost_of(model: LlavaForConditionalGeneration) -> Cost:
    """From the weights and the configuration."""
    text, vision = model.config.text_config, model.config.vision_config
    patches = (vision.image_size // vision.patch_size) ** 2
    encoder = _matrices(model.model.vision_tower.encoder)
    projector = _matrices(model.model.multi_modal_projector)
    stem = vision.hidden_size * 3 * vision.patch_size**2
    seen = patches + hasattr(model.model.vision_tower.embeddings, "class_embedding")
    attention = 4 * vision.hidden_size * vision.num_hidden_layers * seen
    return Cost(
        picture=patches * 2 * (stem + projector) + seen * (2 * encoder + attention),
        token=2 * _matrices(model.model.language_model.layers),
        context=4 * text.hidden_size * text.num_hidden_layers,
        head=2 * text.hidden_size * text.vocab_size,
    )


def _matrices(module) -> int:
    return sum(weight.numel() for weight in module.parameters() if weight.dim() == 2)


def sampling(cost: Cost, prompts: int, prompt_tokens: float, rollouts: int, tokens: float) -> float:
    """Prompts are read once; every response token is decoded. Means are over rows."""
    read = prompts * (cost.picture + cost.tokens(prompt_tokens, prompt_tokens / 2))
    decoded = rollouts * tokens
    return read + cost.tokens(decoded, prompt_tokens + tokens / 2) + decoded * cost.head


def learning(cost: Cost, prompts: int, prompt_tokens: float, rollouts: int, tokens: float) -> float:
    """Forward and backward over the same shapes."""
    return 3 * sampling(cost, prompts, prompt_tokens, rollouts, tokens)
