"""Column scores of the last layer's attention, from any Hugging Face vision-language model."""
