"""The description of the machine."""

from bench.machine import cpu_model, describe, kernel_series, memory_gib


def test_the_processor_is_named() -> None:
    assert cpu_model("processor\t: 0\nmodel name\t: Some CPU @ 3 GHz\n") == "Some CPU @ 3 GHz"


def test_memory_is_rounded() -> None:
    assert memory_gib("MemTotal:       24600000 kB\nMemFree: 1 kB\n") == 23


def test_the_kernel_is_named_without_its_builder() -> None:
    assert kernel_series("6.18.44-some-builder") == "6.18"


def test_this_machine_can_be_described() -> None:
    assert "Python 3." in describe()
