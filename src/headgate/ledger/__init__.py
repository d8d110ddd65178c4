"""The arithmetic of money: usage times price. Integers only."""
