"""An S3 endpoint: where it is, who we are there, and a client for it."""

from dataclasses import dataclass

#: The region that a server of one's own takes requests for, as do most.
REGION = "us-east-1"


@dataclass(frozen=True)
class Endpoint:
    """An S3 service: its ``url``, credentials, and the region that requests are signed for."""

    url: str
    access_key: str
    secret_key: str
    region: str = REGION
    token: str | None = None

    def client(self, **config):
        """A botocore client; ``config`` goes into its Config. After a fault it asks again."""
        import botocore.session  # a third of a second, which every command of asv's would take
        from botocore.config import Config

        # Each key's path comes after the bucket's: there are no host names for buckets on
        # 127.0.0.1.
        settings = Config(s3={"addressing_style": "path"}, **config)
        return botocore.session.get_session().create_client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            aws_session_token=self.token,
            region_name=self.region,
            config=settings,
        )

    def fsspec_options(self) -> dict:
        """What s3fs.S3FileSystem takes to reach this endpoint; all of it goes into JSON."""
        return {
            "key": self.access_key,
            "secret": self.secret_key,
            "token": self.token,
            "client_kwargs": {"endpoint_url": self.url, "region_name": self.region},
            "config_kwargs": {"s3": {"addressing_style": "path"}},
        }
