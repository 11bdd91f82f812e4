# $1 folder of this installation on the node, $2 epoch, $3 final path, $4 part path, $5 SHA-256; the bytes come in on stdin
[ -d "$1" ] || exit 93
seen=
{ read -r seen <"$1/epoch"; } 2>/dev/null
case $seen in '' | *[!0-9]*) echo "pitlane - refused $1/epoch holds no number" >&2; exit 94 ;; esac
[ "$2" -ge "$seen" ] || { echo "pitlane - refused $seen" >&2; exit 97; }
trap 'rm -f "$4"' EXIT
trap 'exit 1' TERM INT HUP PIPE
mkdir -p "${3%/*}" || exit 90
why=$(LC_ALL=C cat 2>&1 >"$4") || {
    echo "$why" >&2
    case $why in *"No space left"* | *quota*) exit 89 ;; esac
    exit 90
}
sum=$(sha256sum <"$4") || exit 90
sum=${sum%% *}
[ "$sum" = "$5" ] || { echo "pitlane - found $sum" >&2; exit 91; }
mv "$4" "$3" || exit 90
