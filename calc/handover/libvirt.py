"""libvirt XML: a domain and a volume for each machine, a network and a storage pool for each segment.

References
----------
https://libvirt.org/formatdomain.html, formatnetwork.html and formatstorage.html; the tests hold
every file against libvirt's own RELAX NG schemas.
"""

from __future__ import annotations

from xml.etree import ElementTree

from calc.handover.machines import Machine, Target, one_line

#: Our element in a domain's metadata needs a namespace of its own; it is a name, not an address.
NAMESPACE = "urn:consolidation-calculator:1"
#: libvirt's name of each architecture and the machine type that has PCI there.
_MACHINES = {
    "x86_64": ("x86_64", "q35"),
    "x86_32": ("i686", "q35"),
    "arm64": ("aarch64", "virt"),
    "ppc64": ("ppc64", "pseries"),
    "s390x": ("s390x", "s390-ccw-virtio"),
}


def _add(parent: ElementTree.Element, tag: str, text: str = "", **attributes: str) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, tag, attributes)
    if text:
        child.text = text
    return child


def _text(root: ElementTree.Element) -> str:
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def domain_xml(machine: Machine, *, kind: str = "kvm") -> str:
    """The domain of one machine.

    Parameters
    ----------
    machine : Machine
    kind : str
        Domain type: ``kvm``, or ``test`` for libvirt's test driver.

    Returns
    -------
    str

    Notes
    -----
    Windows guests get disk and network devices that Windows has drivers for; after the virtio
    drivers are in (virt-v2v adds them), ``sata`` and ``e1000e`` may be changed to ``virtio``.
    """
    arch, model = _MACHINES.get(machine.arch, (machine.arch, "virt"))
    root = ElementTree.Element("domain", type=kind)
    _add(root, "name", machine.name)
    _add(root, "uuid", machine.uuid)
    _add(root, "title", one_line(machine.workload) or machine.name)
    _add(
        root,
        "description",
        one_line(
            f"{machine.workload} from server {machine.server}; {machine.application or 'no application named'}; "
            f"{machine.environment or 'no environment named'}; {machine.os or 'no operating system named'}; "
            f"disk size: {machine.disk_basis}"
        ),
    )
    metadata = _add(root, "metadata")
    ElementTree.register_namespace("plan", NAMESPACE)
    _add(
        metadata,
        f"{{{NAMESPACE}}}placement",
        host=machine.host,
        apart=one_line(machine.apart),
        together=one_line(machine.together),
    )
    _add(root, "memory", str(machine.memory_mib), unit="MiB")
    _add(root, "currentMemory", str(machine.memory_mib), unit="MiB")
    _add(root, "vcpu", str(machine.vcpus), placement="static")
    system = _add(root, "os")
    _add(system, "type", "hvm", arch=arch, machine=model)
    _add(system, "boot", dev="hd")
    if arch in ("x86_64", "i686"):
        features = _add(root, "features")
        _add(features, "acpi")
        _add(features, "apic")
        _add(root, "cpu", mode="host-model")
    _add(root, "clock", offset="localtime" if machine.is_windows else "utc")
    _add(root, "on_poweroff", "destroy")
    _add(root, "on_reboot", "restart")
    _add(root, "on_crash", "restart")
    devices = _add(root, "devices")
    disk = _add(devices, "disk", type="volume", device="disk")
    _add(disk, "driver", name="qemu", type="qcow2", discard="unmap")
    _add(disk, "source", pool=machine.storage_pool, volume=f"{machine.name}.qcow2")
    _add(
        disk,
        "target",
        dev="sda" if machine.is_windows else "vda",
        bus="sata" if machine.is_windows else "virtio",
    )
    card = _add(devices, "interface", type="network")
    _add(card, "source", network=machine.network)
    _add(card, "model", type="e1000e" if machine.is_windows else "virtio")
    _add(devices, "console", type="pty")
    _add(devices, "memballoon", model="virtio")
    return _text(root)


def volume_xml(machine: Machine) -> str:
    """The disk volume of one machine, thin."""
    root = ElementTree.Element("volume")
    _add(root, "name", f"{machine.name}.qcow2")
    _add(root, "allocation", "0", unit="GiB")
    _add(root, "capacity", str(machine.disk_gib), unit="GiB")
    goal = _add(root, "target")
    _add(goal, "format", type="qcow2")
    return _text(root)


def bridge_name(network: str, networks: tuple[str, ...]) -> str:
    """Name of the bridge a network uses: Linux allows 15 characters, so they are numbered."""
    return f"br-plan{networks.index(network) + 1}"


def network_xml(name: str, networks: tuple[str, ...]) -> str:
    """A network that hands its machines to a bridge, which each host must have."""
    root = ElementTree.Element("network")
    _add(root, "name", name)
    _add(root, "forward", mode="bridge")
    _add(root, "bridge", name=bridge_name(name, networks))
    return _text(root)


def storage_pool_xml(name: str) -> str:
    """A directory pool: mount the shared storage of the site there."""
    root = ElementTree.Element("pool", type="dir")
    _add(root, "name", name)
    goal = _add(root, "target")
    _add(goal, "path", f"/var/lib/libvirt/images/{name}")
    return _text(root)


def script(target: Target) -> str:
    """A shell script that defines everything on every host. It holds safe names only."""
    lines = [
        "#!/bin/sh",
        "# Defines networks, storage pools, volumes and machines on the hosts of the plan.",
        "# CONNECT is how a host is reached; %s stands for its name.",
        "set -eu",
        'cd "$(dirname "$0")"',
        ': "${CONNECT:=qemu+ssh://%s/system}"',
        'on() { host=$1; shift; virsh -c "$(printf "$CONNECT" "$host")" "$@"; }',
    ]
    made: set[tuple[str, str]] = set()  # shared storage: a volume is made once, by the first host
    on_host: dict[str, list[Machine]] = {}
    for machine in target.machines:
        on_host.setdefault(machine.host, []).append(machine)
    for host in target.hosts:
        mine = on_host.get(host.name, [])
        lines.append(f"# {host.name}")
        for name in target.networks:
            if any(machine.network == name for machine in mine):
                lines += [f"on {host.name} net-define networks/{name}.xml", f"on {host.name} net-start {name}"]
                lines.append(f"on {host.name} net-autostart {name}")
        for name in target.storage_pools:
            if any(machine.storage_pool == name for machine in mine):
                lines += [f"on {host.name} pool-define storage/{name}.xml", f"on {host.name} pool-start {name}"]
                lines.append(f"on {host.name} pool-autostart {name}")
        for machine in mine:
            if (machine.storage_pool, machine.name) not in made:
                made.add((machine.storage_pool, machine.name))
                lines.append(f"on {host.name} vol-create {machine.storage_pool} volumes/{machine.name}.xml")
            lines.append(f"on {host.name} define domains/{host.name}/{machine.name}.xml")
    return "\n".join(lines) + "\n"


def files(target: Target) -> dict[str, str]:
    """Path to content of every libvirt file."""
    networks = tuple(target.networks)
    found = {"libvirt/define.sh": script(target)}
    for name in networks:
        found[f"libvirt/networks/{name}.xml"] = network_xml(name, networks)
    for name in target.storage_pools:
        found[f"libvirt/storage/{name}.xml"] = storage_pool_xml(name)
    for machine in target.machines:
        found[f"libvirt/volumes/{machine.name}.xml"] = volume_xml(machine)
        found[f"libvirt/domains/{machine.host}/{machine.name}.xml"] = domain_xml(machine)
    return found
