# unprivileged.sh, to be read by others: $as is what goes before a command that refuses to run as root, and $user who owns its folder then; empty for others.
as=
if [ "$(id -u)" -eq 0 ]; then
    user=nobody
    if id postgres >/dev/null 2>&1; then user=postgres; fi
    as="setpriv --reuid=$user --regid=$(id -g $user) --clear-groups --"
fi
