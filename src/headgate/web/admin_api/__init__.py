"""Headgate's own management API, under `/admin/v1`: who may, and what the catalogue API has no place for."""
