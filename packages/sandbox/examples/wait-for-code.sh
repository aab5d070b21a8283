#!/bin/sh
# Waits for the code that the program under test sends. Run it around a sandbox: npx aliyun-dm-sandbox -- sh wait-for-code.sh
set -eu
to=ada@example.org

# The program under test would do this. Without keys of its own the sandbox takes any signature.
curl --silent --show-error --fail "$ALIYUN_DM_ENDPOINT" \
  --data Action=SingleSendMail --data Version=2015-11-23 --data Format=JSON \
  --data "AccessKeyId=$ALIBABA_CLOUD_ACCESS_KEY_ID" --data Signature=any \
  --data SignatureMethod=HMAC-SHA1 --data SignatureVersion=1.0 --data "SignatureNonce=$$-$(date +%s)" \
  --data "Timestamp=$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
  --data AccountName=noreply@example.com --data AddressType=1 --data ReplyToAddress=false \
  --data "ToAddress=$to" --data-urlencode 'Subject=Your code' --data-urlencode 'TextBody=Your code is 482913.' >&2

curl --silent --show-error --fail "$ALIYUN_DM_ENDPOINT/api/mails?to=$to&wait=10" | jq --raw-output '.[0].code'
