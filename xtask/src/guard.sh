# Reads orders until the writer is gone, however it died; then ends what is still on the list.
#   group SIGNAL PGID   a process group to end, and how it likes to be asked
#   gone PGID           it ended by itself
#   folder PATH         removed at the end
trap '' INT TERM HUP
groups=
folders=
while read -r order first second; do
    case $order in
    group) groups="$groups $first:$second" ;;
    gone)
        kept=
        for entry in $groups; do
            [ "${entry#*:}" = "$first" ] || kept="$kept $entry"
        done
        groups=$kept
        ;;
    folder) folders="$folders $first" ;;
    esac
done
for entry in $groups; do
    kill -s "${entry%%:*}" -- "-${entry#*:}" 2>/dev/null
done
tries=0
for entry in $groups; do
    while kill -s 0 -- "-${entry#*:}" 2>/dev/null && [ $tries -lt 100 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    kill -s KILL -- "-${entry#*:}" 2>/dev/null
done
for folder in $folders; do
    rm -rf -- "$folder"
done
exit 0
