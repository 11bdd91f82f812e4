# $1 folder of this installation on the node, $2 wrapper's file name, $3 its text
[ -d "${1%/*}" ] || { echo "pitlane - refused ${1%/*} is no folder on this node" >&2; exit 95; }
umask 077
if [ ! -d "$1" ]; then
    # made beside and renamed: the folder never exists without an epoch, so a lost epoch file is seen as damage
    fresh=$1.new.$$
    mkdir "$fresh" && echo 0 >"$fresh/epoch" && { mv -T "$fresh" "$1" 2>/dev/null || rm -rf "$fresh"; }
fi
printf '%s' "$3" >"$1/$2.$$" && chmod 700 "$1/$2.$$" && mv "$1/$2.$$" "$1/$2" ||
    { rm -f "$1/$2.$$"; echo "pitlane - refused its folder $1 cannot be written" >&2; exit 95; }
