# Reads orders from a pipe. Its end means that whoever wrote to it is gone, however it died: then the process
# groups on the list are ended and the folders on it removed.
#   group PID START SESSION | forget-group PID | dir PATH | forget-dir PATH
trap '' HUP INT TERM PIPE
cd /
groups=
dirs=
newline='
'

# start time and session of a process; fails when there is none
facts() {
    { read -r line < "/proc/$1/stat"; } 2>/dev/null || return 1
    set -- ${line##*) }
    echo "${20} $4"
}

# whether any process of the group lives; sets `session` to that group's
lives() {
    for stat in /proc/[0-9]*/stat; do
        { read -r line < "$stat"; } 2>/dev/null || continue
        set -- "$1" ${line##*) }
        [ "$4" = "$1" ] && [ "$2" != Z ] || continue
        session=$5
        return 0
    done
    return 1
}

# whether the group is still the one that was put on the list and not a later one of the same number
ours() {
    lives "$1" || return 1
    if now=$(facts "$1"); then
        [ "$now" = "$2 $3" ]
    else
        # its leader is gone; while a group lives, the kernel gives its number to nobody else
        [ "$session" = "$3" ]
    fi
}

# `kept` becomes the list $1 without the entries that match the pattern $2, or else the text $3
without() {
    kept=
    while IFS= read -r entry; do
        case $entry in
        '' | $2 | "$3") ;;
        *) kept=$kept$entry$newline ;;
        esac
    done <<END
$1
END
}

while IFS= read -r order; do
    rest=${order#* }
    case $order in
    'group '*) groups=$groups$rest$newline ;;
    'forget-group '*) without "$groups" "$rest *" '' && groups=$kept ;;
    'dir '*) dirs=$dirs$rest$newline ;;
    'forget-dir '*) without "$dirs" '' "$rest" && dirs=$kept ;;
    esac
done

signal() {
    left=0
    while read -r pid start session_then; do
        [ -n "$pid" ] && ours "$pid" "$start" "$session_then" || continue
        left=1
        kill -s "$1" -- "-$pid" 2>/dev/null
    done <<END
$groups
END
}

signal TERM
tries=0
while [ $left = 1 ] && [ $tries -lt 30 ]; do
    sleep 0.1
    tries=$((tries + 1))
    signal 0
done
while [ $left = 1 ] && [ $tries -lt 60 ]; do
    signal KILL
    sleep 0.1
    tries=$((tries + 1))
    signal 0
done
# whoever left its group but has the folder's `tmp` for its temporary files
strays() {
    for environ in $(grep -lzsxF "TMPDIR=$1/tmp" /proc/[0-9]*/environ); do
        pid=${environ#/proc/}
        kill -s KILL "${pid%/environ}" 2>/dev/null
    done
}

while read -r dir; do
    [ -n "$dir" ] || continue
    strays "$dir"
    rm -rf -- "$dir" 2>/dev/null || { sleep 0.2; rm -rf -- "$dir" 2>/dev/null; }
done <<END
$dirs
END
