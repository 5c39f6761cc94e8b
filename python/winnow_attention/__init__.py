"""Column scores of the last layer's attention, from any Hugging Face vision-language model."""

import os

# Before PyTorch is loaded. Threads that spin while they wait make small passes on a CPU with other
# work fifty times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
