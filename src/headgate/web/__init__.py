"""The inbound side: the lane of inference requests, and the management APIs."""
