# Installs the packages given as arguments, as root. No package may start a service, none may
# create a database cluster, and nothing new is started at the next boot either.
set -eu
policy=/usr/sbin/policy-rc.d
clusters=/etc/postgresql-common/createcluster.d
mark='placed by the set-up of pitlane'
made=
tidy() {
    for file in $made; do rm -f "$file"; done
    rmdir "$clusters" 2>/dev/null || true
}
trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

if [ ! -e "$policy" ] || grep -q "$mark" "$policy"; then
    made="$made $policy"
    # should this shell be killed outright, the rule it leaves behind forbids nothing any more
    printf '#!/bin/sh\n# %s\nkill -0 %s 2>/dev/null || exit 0\nexit 101\n' "$mark" $$ >"$policy"
    chmod 755 "$policy"
fi
mkdir -p "$clusters"
made="$made $clusters/pitlane.conf"
echo 'create_main_cluster = false' >"$clusters/pitlane.conf"

fresh=
for unit in ssh postgresql; do
    [ -e "/lib/systemd/system/$unit.service" ] || [ -e "/etc/init.d/$unit" ] || fresh="$fresh $unit"
done

export DEBIAN_FRONTEND=noninteractive
apt-get -q -o DPkg::Lock::Timeout=120 update
# --no-remove: rather fail than take something away from the person whose machine this is
apt-get -q -y -o DPkg::Lock::Timeout=120 --no-install-recommends --no-remove install "$@"

for unit in $fresh; do
    if [ -e "/lib/systemd/system/$unit.service" ] && command -v systemctl >/dev/null; then
        systemctl --quiet disable "$unit.service" || true
    fi
done
