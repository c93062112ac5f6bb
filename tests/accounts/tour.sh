#!/bin/sh
# A tour of the accounts family, on a server of its own: tour.sh URL MAILFOLDER PICTURE. Needs curl, python3 and oathtool.
set -eu
url=$1 mail=$2 picture=$3
json() { python3 -c 'import json, sys; v = json.load(sys.stdin)
for k in sys.argv[1:]: v = v[int(k) if k.isdigit() else k]
print(v)' "$@"; }
post() { path=$1; shift; curl -sf "$url/cfg/$path" -H 'Content-Type: application/json' "$@"; }
code() { # of the newest of $1 mails with a code; other mails may come between them
  n=0
  while [ $n -lt 1200 ]; do
    found=$(cat "$mail"/*.eml 2>/dev/null | tr -d '\r' | sed -n 's/^Subject: Your OTP code.* \([0-9]*\)$/\1/p')
    [ "$(echo "$found" | grep -c .)" -ge "$1" ] && { echo "$found" | tail -n 1; return; }
    n=$((n + 1)); sleep 0.05
  done
  echo "no mail in $mail" >&2; return 1
}
post accounts/otp/request/ -d '{"identifier": "ann@example.com"}'; echo
post accounts/otp/verify/ -d '{"identifier": "ann@example.com", "otp": "'"$(code 1)"'"}' >login.json
bearer="Authorization: Bearer $(json access <login.json)"
post accounts/profile/update/ -X PATCH -H "$bearer" -d '{"company": "Analytical  Engines", "phone": "+44 (20) 7946 0958"}' | json company
curl -sf "$url/cfg/accounts/profile/avatar/" -H "$bearer" -F "avatar=@$picture" | json avatar >avatar
curl -sf "$(cat avatar)" -o shown && file -b shown 2>/dev/null || true
post totp/setup/ -X POST -H "$bearer" -d '{"device_name": "Phone"}' >setup.json
secret=$(json secret <setup.json)
post totp/setup/confirm/ -H "$bearer" -d '{"device_id": "'"$(json device_id <setup.json)"'", "code": "'"$(oathtool --totp -b "$secret")"'"}' >codes.json
post accounts/otp/request/ -d '{"identifier": "ann@example.com"}' >/dev/null
post accounts/otp/verify/ -d '{"identifier": "ann@example.com", "otp": "'"$(code 2)"'"}' >login.json
post totp/verify/backup/ -d '{"session_id": "'"$(json session_id <login.json)"'", "backup_code": "'"$(json backup_codes 0 <codes.json)"'"}' | json remaining_backup_codes
