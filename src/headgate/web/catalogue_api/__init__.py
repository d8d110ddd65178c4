"""The catalogue API: the published management API of the model catalogue, on two mounts."""
