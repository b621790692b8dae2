"""Signing in by the office's own service (统一身份认证): OpenID Connect, code flow with PKCE.

What a sign-in has to remember until the browser comes back derives from one secret that only this browser's cookie
holds: state, nonce and the verifier of PKCE. It says when it began, sealed by the desk: who was asked for a password
there before that is not who sits here now, whatever the browser makes of the address. The service says who it is by a
subject; whose account that is, an administrator has laid down.
"""

import hashlib
import hmac
import secrets
import ssl
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from warehouse.database.settings import Settings
from warehouse.database.transport import Way, of_address

RETURN = "/sign-in/oidc/return"
TIMEOUT_SECONDS = 10
# Until the browser is back.
LONGEST_SECONDS = 600
# A clock may be off by so much.
LEEWAY_SECONDS = 60
# Never one that a shared secret, or nothing, would do for.
ALGORITHMS = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
]


class NotSignedIn(Exception):
    """The service did not say who it is; in a word of ours, for the log."""


class SignInService:
    """settings: issuer, client and the desk's own address, as the browser reaches it."""

    def __init__(self, chosen: Settings) -> None:
        self.issuer = chosen.desk_oidc_issuer
        self.client_id = chosen.desk_oidc_client_id
        self.client_secret = chosen.desk_oidc_client_secret.get_secret_value()
        # Known to every desk of the bureau, and to no browser.
        self._key = self.client_secret or chosen.database_url or secrets.token_hex(32)
        self.redirect_uri = chosen.desk_address.rstrip("/") + RETURN

    def begin(self, purpose: str) -> str:
        """The secret of a sign-in for a purpose, for the browser's cookie."""
        said = f"{purpose}.{int(time.time())}.{secrets.token_urlsafe(32)}"
        return f"{said}.{_part(self._key, said)}"

    def begun(self, secret: str) -> tuple[str, int]:
        """Purpose and moment (seconds since 1970) of a sign-in. Raises NotSignedIn where no desk of ours began it."""
        said, _, seal = secret.rpartition(".")
        if not hmac.compare_digest(seal.encode(), _part(self._key, said).encode()):
            raise NotSignedIn("secret")
        purpose, moment, _ = said.split(".", 2)
        if time.time() - int(moment) > LONGEST_SECONDS:
            raise NotSignedIn("begun long ago")
        return purpose, int(moment)

    def address(self, secret: str) -> str:
        """Where the browser goes to sign in. Raises NotSignedIn."""
        return prepare_grant_uri(
            self._asked("authorization_endpoint"),
            client_id=self.client_id,
            response_type="code",
            redirect_uri=self.redirect_uri,
            scope="openid",
            state=_part(secret, "state"),
            nonce=_part(secret, "nonce"),
            code_challenge=create_s256_code_challenge(_part(secret, "verifier")),
            code_challenge_method="S256",
            # Else the next at the counter would be whoever signed out here and not there. The browser may leave it
            # out; an answer to max_age says when the password was asked for.
            prompt="login",
            max_age=0,
        )

    def subject(self, secret: str, told: Mapping[str, str]) -> str:
        """Who came back, with what the address told. Raises NotSignedIn."""
        self.begun(secret)  # before anything is asked of the service
        if not hmac.compare_digest(told.get("state", "").encode(), _part(secret, "state").encode()):
            raise NotSignedIn("state")
        metadata = self._metadata()
        wants_issuer = metadata.get("authorization_response_iss_parameter_supported") is True
        if told.get("iss", "" if wants_issuer else self.issuer) != self.issuer:  # RFC 9207
            raise NotSignedIn("issuer of the response")
        if "error" in told or not told.get("code"):
            raise NotSignedIn("refused")
        tokens = self._exchange(metadata, secret, told["code"])
        return self._judged(metadata, secret, tokens)

    def _exchange(self, metadata: Mapping[str, Any], secret: str, code: str) -> Mapping[str, Any]:
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": _part(secret, "verifier"),
        }
        methods = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if self.client_secret and "client_secret_basic" in methods:
            auth = httpx.BasicAuth(quote(self.client_id, safe=""), quote(self.client_secret, safe=""))
            return self._answer("POST", _endpoint(metadata, "token_endpoint"), data=sent, auth=auth)
        sent["client_id"] = self.client_id
        if self.client_secret:
            sent["client_secret"] = self.client_secret
        return self._answer("POST", _endpoint(metadata, "token_endpoint"), data=sent)

    def _judged(self, metadata: Mapping[str, Any], secret: str, tokens: Mapping[str, Any]) -> str:
        """The subject of the ID token, once signature, issuer, audience, times and nonce hold."""
        try:
            keys = KeySet.import_key_set(self._answer("GET", _endpoint(metadata, "jwks_uri")))  # type: ignore[arg-type]
            decoded = jwt.decode(str(tokens.get("id_token", "")), keys, algorithms=ALGORITHMS)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                options={
                    "iss": {"essential": True, "value": self.issuer},
                    "aud": {"essential": True, "value": self.client_id},
                },
                params={
                    "client_id": self.client_id,
                    "nonce": _part(secret, "nonce"),
                    "access_token": tokens.get("access_token"),
                },
            )
            claims.validate(leeway=LEEWAY_SECONDS)
            if float(claims["auth_time"]) + LEEWAY_SECONDS < self.begun(secret)[1]:
                raise NotSignedIn("signed in before it was asked")
        except (JoseError, AuthlibBaseError, ValueError, TypeError, KeyError) as error:
            raise NotSignedIn(f"ID token ({type(error).__name__})") from None
        subject = claims.get("sub")
        if not isinstance(subject, str) or not subject:
            raise NotSignedIn("subject")
        return subject

    def _asked(self, name: str) -> str:
        return _endpoint(self._metadata(), name)

    def _metadata(self) -> Mapping[str, Any]:
        """Asked anew each time: people sign in a few times a day, and what is kept may be old."""
        metadata = self._answer("GET", self.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if metadata.get("issuer") != self.issuer:
            raise NotSignedIn("issuer of the metadata")
        return metadata

    def _answer(self, method: str, address: str, **sent: Any) -> Mapping[str, Any]:
        try:
            response = httpx.request(
                method, address, timeout=TIMEOUT_SECONDS, follow_redirects=False,
                verify=ssl.create_default_context(), headers={"Accept": "application/json"}, **sent,
            )  # fmt: skip
            response.raise_for_status()
            answer = response.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
            raise NotSignedIn(f"no answer ({type(error).__name__})") from None
        if not isinstance(answer, dict):
            raise NotSignedIn("answer")
        return answer


def _endpoint(metadata: Mapping[str, Any], name: str) -> str:
    address = str(metadata.get(name, ""))
    if of_address(address) is Way.PLAIN:
        raise NotSignedIn(name)
    return address


def _part(secret: str, name: str) -> str:
    return hmac.new(secret.encode(), name.encode(), hashlib.sha256).hexdigest()
