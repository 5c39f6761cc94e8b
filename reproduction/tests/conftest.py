"""One thread: at this size more only get in each other's way."""

import torch

torch.set_num_threads(1)
