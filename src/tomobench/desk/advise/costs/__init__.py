"""What requests and bytes over S3 cost, in money and in round trips."""
