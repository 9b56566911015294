"""Tests that start S3 servers, proxies and a portal on 127.0.0.1."""
