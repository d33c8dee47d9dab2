"""Fills the domain with users and groups that hurt; runs on the controller before it serves."""

from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

GLOBAL = -2147483646
DOMAIN_LOCAL = -2147483644
ENABLED = 0x200
DISABLED = 0x202
NO_PASSWORD_NEEDED = 0x20

parameters = LoadParm()
parameters.load_default()
directory = SamDB(
    url=parameters.private_path("sam.ldb"), session_info=system_session(), lp=parameters
)


def distinguished_name(common_name):
    escaped = "".join("\\" + letter if letter in ',\\+"<>;=' else letter for letter in common_name)
    return f"CN={escaped},CN=Users,{directory.domain_dn()}"


def user(sam, upn=None, control=ENABLED):
    dn = distinguished_name(sam[:64])
    directory.add({
        "dn": dn,
        "objectClass": "user",
        "sAMAccountName": sam,
        "userPrincipalName": upn or f"u{abs(hash(sam))}@ad.corp.test",
        "userAccountControl": str(control | NO_PASSWORD_NEEDED),
    })
    return dn


def group(sam, *members, kind=GLOBAL, common_name=None):
    dn = distinguished_name(common_name or sam[:64])
    directory.add({
        "dn": dn,
        "objectClass": "group",
        "sAMAccountName": sam,
        "groupType": str(kind),
        "member": list(members),
    })
    return dn


directory.transaction_start()

alice = user("alice", "alice@ad.corp.test")
group("Sales EMEA", alice)
group("Vertrieb Süd", alice)
group("at@other.example", alice)
# Neither Active Directory nor Samba takes these letters in a SAM account name, only in a common name.
group("Comma Group", alice, common_name='Sales, EMEA \\ West "A"')
inner = group("Inner Circle", alice)
outer = group("Outer Circle", inner)
group("Printers Local", outer, kind=DOMAIN_LOCAL)

many = user("many")
for number in range(300):
    group(f"Team {number:03}", many)

group("L" * 256, user("long"))
user("x" * 200)
user("y" * 256)

group("Bobs", user("bob"))
group("Others", user("mallory", "alice@other.example"))
user("alice@trusted.example")
group("Carols", user("carol", control=DISABLED))
group("Daves", user("dave"))
group("Jürgens", user("jürgen"))
group("Marys", user("mary ann"))
group("Unseens", user("unseen"))
group("Nevers", user("never"))
user("stranger")

directory.transaction_commit()
