"""Makes the files beside it, with `torch.save` itself (they were made by PyTorch 1.13.1): python3 make.py"""

import argparse
from collections import OrderedDict

import torch


def numbered(shape, first=0.0, dtype=torch.float32):
    """first, first + 1/8, first + 2/8, ..."""
    count = torch.Size(shape).numel()
    return (torch.arange(count, dtype=torch.float64) / 8 + first).to(dtype).reshape(shape)


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(2, 3, 3)
        self.bn = torch.nn.BatchNorm2d(3)
        self.fc = torch.nn.Linear(3, 4)


net = Net()
for index, parameter in enumerate(net.parameters()):
    parameter.data = numbered(parameter.shape, index)
net.bn.num_batches_tracked += 41

torch.save(net.state_dict(), "state-dict.pth")
torch.save(net.state_dict(), "state-dict-legacy.pth", _use_new_zipfile_serialization=False)
torch.save({"model": net.state_dict(), "model_ema": net.state_dict()}, "two-states.pth")

optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
sum(parameter.sum() for parameter in net.parameters()).backward()
optimizer.step()
torch.save(
    {
        "epoch": 3,
        "arch": "net",
        "best_acc": 0.75,
        "args": argparse.Namespace(lr=0.1, out=None),
        "state_dict": OrderedDict(("module." + name, tensor) for name, tensor in net.state_dict().items()),
        "optimizer": optimizer.state_dict(),
    },
    "checkpoint.pth",
)

base = numbered([4, 6])
torch.save(
    {
        "half": numbered([2, 2], dtype=torch.float16),
        "bfloat16": numbered([2, 2], dtype=torch.bfloat16),
        "long": torch.tensor([-(2**31), 2**31 - 1]),
        "int": torch.tensor([-1, 2], dtype=torch.int32),
        "bool": torch.tensor([True, False]),
        "scalar": torch.tensor(2.5),
        "empty": torch.empty(0, 3),
        "transposed": base.t(),
        "part": base[1:3, 2:5],
        "parameter": torch.nn.Parameter(numbered([2])),
    },
    "kinds.pth",
)
torch.save({"double": numbered([2], dtype=torch.float64)}, "double.pth")
torch.save({"expanded": numbered([1]).expand(1000, 1000)}, "expanded.pth")
torch.save(net, "whole-module.pth")


class Evil:
    def __reduce__(self):
        return (exec, ("raise SystemExit('code in a file was run')",))


torch.save({"weight": numbered([2]), "evil": Evil()}, "code.pth")
torch.jit.script(torch.nn.Linear(2, 2)).save("script.pt")
