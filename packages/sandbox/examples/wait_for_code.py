"""Waits for a code with Python's own library. Run it around a sandbox: npx aliyun-dm-sandbox -- python3 wait_for_code.py"""

import json
import os
import uuid
from datetime import datetime, timezone
from urllib.parse import urlencode
from urllib.request import urlopen

endpoint = os.environ["ALIYUN_DM_ENDPOINT"]
to = "ada@example.org"

# The program under test would do this. Without keys of its own the sandbox takes any signature.
mail = {
    "Action": "SingleSendMail",
    "Version": "2015-11-23",
    "Format": "JSON",
    "AccessKeyId": os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
    "Signature": "any",
    "SignatureMethod": "HMAC-SHA1",
    "SignatureVersion": "1.0",
    "SignatureNonce": str(uuid.uuid4()),
    "Timestamp": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
    "AccountName": "noreply@example.com",
    "AddressType": "1",
    "ReplyToAddress": "false",
    "ToAddress": to,
    "Subject": "Your code",
    "TextBody": "Your code is 482913.",
}
urlopen(endpoint, urlencode(mail).encode()).read()

with urlopen(f"{endpoint}/api/mails?{urlencode({'to': to, 'wait': 10})}") as answer:
    print(json.load(answer)[0]["code"])
