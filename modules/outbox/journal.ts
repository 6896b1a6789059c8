// An append-only log in flash of what must survive a power cut, whatever that is: entries with a CRC, in
// sectors that are used in turn.
//
//   sector   header entry, then entries one behind the other; 0xFF behind the last
//   entry    u16 length of the body, u8 type, u8 check of these three; body; u32 CRC-32 of all before; up to a multiple of 4
//   header   u32 magic, u32 sequence, u32 fingerprint of what the owner can read, u8: a snapshot begins here
//
// When sectors run short the owner writes all that is alive once more, from the beginning of a sector: a
// snapshot. Only when its end is written are the sectors before it free; until then the log still begins
// where it did. Entries may thus come twice, so the owner's `replay` has to take a repetition for nothing.
//
// To erase a sector takes time and stack, and a snapshot much more of it. So the owner calls `prepare` often,
// where its stack is not deep, which begins the next sector ahead of need; and `tidy` from the bottom of its
// stack once a snapshot is `due`.
//
// A write that was torn has a wrong CRC, or what is behind it is not blank: then the rest of that sector is
// left alone and the log goes on in the next one. Sectors are used in turn, so they wear alike.

import { crc32 } from "../core/crc32.js";
import type { Flash } from "../core/flash.js";

const MAGIC = 0x4d6f7465;
/** Types of the journal itself; those of the owner are below. */
const HEADER = 255;
const SNAPSHOT_END = 254;
const HEADER_BODY = 13;
const ENTRY_BYTES = 8;
/** Where a body begins in an entry. */
export const BODY = 4;
const BLANK = 0xff;
const HEAD_CHECK = 0x5a;
const BLANK_HEAD = 0xffffffff;
/**
 * Sectors that may still be filled once a snapshot is due: more than one callback writes. The largest is that
 * in which all the packets in flight go out anew, each record with a new stamp: twice what fits into a
 * socket, some 12 KB.
 */
const AHEAD = 3;

/** Bytes in flash of an entry with such a body. */
export function entryBytes(body: number): number {
	return (ENTRY_BYTES + body + 3) & ~3;
}

export interface JournalOwner {
	/** An entry that was found, from the oldest to the newest; may come twice. */
	replay(type: number, bytes: Uint8Array, view: DataView, start: number, end: number): void;
	/** Writes, with `begin` and `end`, all that is alive. */
	snapshot(): void;
}

export interface JournalOptions {
	readonly flash: Flash;
	/** What was written under another one can not be read and is left behind. */
	readonly fingerprint: number;
	/** Where entries are put together; `entryBytes` of the largest body, at least 13 bytes. */
	readonly bytes: Uint8Array;
	/** Most bytes that a snapshot takes, by `entryBytes`. */
	readonly snapshotBytes: number;
	readonly owner: JournalOwner;
}

export class Journal {
	/** Sectors erased, entries written, and torn writes found, in this boot. */
	erases = 0;
	entries = 0;
	torn = 0;
	/** Sectors and snapshots that `begin` had to begin, because `prepare` or `tidy` came too late. */
	forced = 0;
	/** What an earlier firmware or other settings have written was left behind. */
	foreign = false;
	/** The body of an entry between `begin` and `end`: from BODY on. */
	readonly bytes: Uint8Array;
	readonly view: DataView;
	private readonly flash: Flash;
	private readonly fingerprint: number;
	private readonly owner: JournalOwner;
	/** Sectors that a snapshot may take. */
	private readonly reserve: number;
	/** The newest sector. */
	private sector = 0;
	private sequence = 0;
	/** Where the next entry goes: a sector, and where in it. */
	private writing = 0;
	private at = 0;
	/** The newest sector is the one behind that, and empty. */
	private prepared = false;
	/** Sequence of the sector in which the log begins. */
	private first = 0;
	private type = 0;
	private compacting = false;
	/** Of the header, and of the entry, read last. */
	private headSequence = 0;
	private headBegins = false;
	private readable = false;
	private found = 0;
	private foundLength = 0;
	/** The sector scanned last has the end of a snapshot. */
	private ends = false;

	/** Throws a RangeError if the flash has too few sectors. */
	constructor(options: JournalOptions) {
		const { flash, bytes, snapshotBytes } = options;
		this.flash = flash;
		this.fingerprint = options.fingerprint >>> 0;
		this.owner = options.owner;
		const largest = bytes.length;
		const usable = flash.sectorBytes - entryBytes(HEADER_BODY) - largest + 4;
		if (usable < largest) throw new RangeError("journal: an entry is too long for a sector");
		this.reserve = Math.ceil((snapshotBytes + entryBytes(0)) / usable);
		const needed = 2 * this.reserve + 2 + AHEAD;
		if (flash.sectors < needed)
			throw new RangeError(`journal: ${needed} sectors are needed, the flash has ${flash.sectors}`);
		this.bytes = bytes;
		this.view = new DataView(bytes.buffer, bytes.byteOffset, largest);
	}

	/** Finds what was written before and replays it. */
	open(): void {
		const flash = this.flash;
		let newest = 0;
		let highest = 0;
		this.sector = flash.sectors - 1;
		for (let sector = 0; sector < flash.sectors; sector++) {
			if (!this.readHeader(sector)) continue;
			const sequence = this.headSequence;
			if (sequence > highest) highest = sequence;
			if (!this.readable || sequence < newest) continue;
			newest = sequence;
			this.sector = sector;
		}
		this.foreign = highest > newest;
		this.sequence = highest;
		if (!this.foreign) this.first = this.findFirst(newest);
		if (this.first === 0) this.compact();
		else this.replay();
		this.writing = this.sector;
	}

	/** Whether a snapshot is to be made soon, by `tidy`. */
	get due(): boolean {
		return this.isShort(AHEAD);
	}

	/** Whether half of the sector is full and there is no next one: what `prepare` begins. */
	get untidy(): boolean {
		return !this.prepared && this.at > this.flash.sectorBytes >> 1;
	}

	/**
	 * Begins the next sector once half of this one is full, so that no entry has to; not where a snapshot must
	 * come first.
	 */
	prepare(): void {
		if (!this.untidy || this.isShort(0)) return;
		const writing = this.writing;
		const at = this.at;
		this.advance(false);
		this.writing = writing;
		this.at = at;
		this.prepared = true;
	}

	/** Makes the snapshot that is due, and prepares. Needs more stack than any other call. */
	tidy(): void {
		if (this.due) this.compact();
		this.prepare();
	}

	/**
	 * Whether the log leaves less than a snapshot may take, once it has so many sectors more than the next one.
	 */
	private isShort(ahead: number): boolean {
		const used = this.sequence - this.first + 1;
		return used + 1 + ahead + this.reserve > this.flash.sectors - 1;
	}

	private replay(): void {
		const { sectorBytes } = this.flash;
		for (let back = this.sequence - this.first; back >= 0; back--) {
			const sector = this.behind(back);
			const end = this.scan(sector, true);
			if (back > 0) continue;
			const clean = end >= 0 && this.isBlank(sector, end);
			this.at = clean ? end : sectorBytes;
			if (!clean) this.torn++;
		}
	}

	/** Begins an entry of a type below 254 whose body will have at most `body` bytes. */
	begin(type: number, body: number): void {
		if (this.at + entryBytes(body) > this.flash.sectorBytes) this.turn(entryBytes(body));
		this.type = type;
	}

	/** Goes to the next sector, for an entry of so many bytes. */
	private turn(size: number): void {
		if (!this.prepared) {
			if (this.compacting) return this.advance(false);
			this.forced++;
			// The one that comes now, and a snapshot, must fit into what is free.
			if (this.isShort(0)) this.compact();
			if (this.at + size > this.flash.sectorBytes) this.advance(false);
			return;
		}
		this.prepared = false;
		this.writing = this.sector;
		this.at = entryBytes(HEADER_BODY);
	}

	/** Writes the entry, whose body is [BODY, BODY + length) of `bytes`. */
	end(length: number): void {
		const { bytes, view } = this;
		view.setUint16(0, length);
		view.setUint8(2, this.type);
		view.setUint8(3, (~((length >> 8) + length + 3 * this.type) & 255) ^ HEAD_CHECK);
		const end = BODY + length;
		view.setUint32(end, crc32(bytes, 0, end));
		const size = entryBytes(length);
		if (end + 4 < size) bytes.fill(BLANK, end + 4, size);
		this.flash.write(this.writing * this.flash.sectorBytes + this.at, bytes, size);
		this.at += size;
		this.entries++;
	}

	/** All that is alive, once more; then the log begins there. */
	private compact(): void {
		this.compacting = true;
		this.prepared = false;
		this.advance(true);
		const first = this.sequence;
		if (this.first === 0) this.first = first;
		this.owner.snapshot();
		this.begin(SNAPSHOT_END, 0);
		this.end(0);
		this.compacting = false;
		this.first = first;
	}

	private advance(snapshot: boolean): void {
		this.sector = (this.sector + 1) % this.flash.sectors;
		this.flash.erase(this.sector);
		this.erases++;
		this.writing = this.sector;
		this.at = 0;
		const { view } = this;
		view.setUint32(BODY, MAGIC);
		view.setUint32(BODY + 4, ++this.sequence);
		view.setUint32(BODY + 8, this.fingerprint);
		view.setUint8(BODY + 12, snapshot ? 1 : 0);
		const type = this.type;
		this.type = HEADER;
		this.end(HEADER_BODY);
		this.type = type;
	}

	/** The sector that was used so many before the newest. */
	private behind(back: number): number {
		const { sectors } = this.flash;
		return (this.sector - (back % sectors) + sectors) % sectors;
	}

	/**
	 * Sequence of the newest complete snapshot's first sector; 0: there is none. A snapshot without an end is
	 * erased, the newest sector first: what it says is said before it.
	 */
	private findFirst(newest: number): number {
		let ended = false;
		for (let back = 0; back < newest && back < this.flash.sectors; back++) {
			const sector = this.behind(back);
			if (!this.readHeader(sector) || !this.readable || this.headSequence !== newest - back) return 0;
			const begins = this.headBegins;
			this.scan(sector, false);
			if (this.ends) ended = true;
			if (begins && ended) return newest - back;
			if (!begins) continue;
			for (let i = 0; i <= back; i++) {
				this.flash.erase(this.behind(i));
				this.erases++;
			}
			this.torn++;
			this.sector = this.behind(back + 1);
			this.sequence = newest - back - 1;
			return this.findFirst(this.sequence);
		}
		return 0;
	}

	/** Whether the sector has a header; what it says is in the fields below. */
	private readHeader(sector: number): boolean {
		const { view } = this;
		if (this.read(sector, 0) <= 0 || this.found !== HEADER || view.getUint32(BODY) !== MAGIC) return false;
		this.headSequence = view.getUint32(BODY + 4);
		this.readable = view.getUint32(BODY + 8) === this.fingerprint;
		this.headBegins = view.getUint8(BODY + 12) === 1;
		return true;
	}

	/** Goes through a sector's entries. Returns where the next one would go, or -1 if something is torn. */
	private scan(sector: number, replay: boolean): number {
		const { sectorBytes } = this.flash;
		this.ends = false;
		for (let at = 0; ; ) {
			const size = this.read(sector, at);
			if (size <= 0) return size === 0 ? at : -1;
			const type = this.found;
			if (type === SNAPSHOT_END) this.ends = true;
			else if (replay && type < SNAPSHOT_END)
				this.owner.replay(type, this.bytes, this.view, BODY, BODY + this.foundLength);
			at += size;
			if (at >= sectorBytes) return at;
		}
	}

	/** Reads an entry. Returns its bytes in flash, 0 where there is none, or -1 if it is torn. */
	private read(sector: number, at: number): number {
		const { sectorBytes } = this.flash;
		const { bytes, view } = this;
		const from = sector * sectorBytes + at;
		if (at + ENTRY_BYTES > sectorBytes) return 0;
		this.flash.read(from, bytes, 4);
		if (view.getUint32(0) === BLANK_HEAD) return 0;
		const length = view.getUint16(0);
		const type = view.getUint8(2);
		const size = entryBytes(length);
		const check = (~((length >> 8) + length + 3 * type) & 255) ^ HEAD_CHECK;
		if (view.getUint8(3) !== check || size > bytes.length || at + size > sectorBytes) return -1;
		this.flash.read(from, bytes, size);
		const end = BODY + length;
		if (view.getUint32(end) !== crc32(bytes, 0, end)) return -1;
		this.found = type;
		this.foundLength = length;
		return size;
	}

	private isBlank(sector: number, at: number): boolean {
		const { sectorBytes } = this.flash;
		const { bytes } = this;
		const piece = bytes.length;
		for (let p = at; p < sectorBytes; p += piece) {
			const n = Math.min(piece, sectorBytes - p);
			this.flash.read(sector * sectorBytes + p, bytes, n);
			for (let i = 0; i < n; i++) if (bytes[i] !== BLANK) return false;
		}
		return true;
	}
}
