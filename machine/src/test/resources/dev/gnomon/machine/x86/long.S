# What a processor does in long mode: exceptions, privilege, fast calls, protection of pages.
# Loaded at 0x10000, entered in flat 32-bit protected mode. Port 0x13 takes a value, 0x14 ends,
# 0x15 asks for an external interrupt, 0x16 for an NMI. 0x5ec000xx begins a section.
# Built by assemble.sh.
.intel_syntax noprefix
.set KCODE, 0x08
.set KDATA, 0x10
.set UCODE32, 0x18
.set UDATA, 0x20
.set UCODE, 0x28
.set KCODE32, 0x38
.set TASK, 0x40
.set GATE, 0x50
.set ABSENT, 0x60
.set LOCAL, 0x70
.set READONLY, 0x80
.set ALIAS, 0x200000            # user's view of the first 2 MiB
.set PAGES, 0x400000            # 4 KiB pages, for faults
.set PML4, 0x100000
.set PDPT, 0x101000
.set PD, 0x102000
.set PT, 0x103000
.set KSTACK, 0x90000
.set IST1, 0x91000
.set IST2, 0x92000
.set RING0, 0x93000
.set USTACK, ALIAS + 0x94000

.macro EMIT value
  mov eax, \value
  out 0x13, eax
.endm
.macro SECTION number
  EMIT 0x5ec00000+\number
.endm
# Executes an instruction that may fault; the handler goes on behind it.
.macro TRY insn:vararg
  lea r15, [rip + 9f]
  \insn
9:
.endm
.macro WRITE_MSR number, low, high
  mov ecx, \number
  mov eax, \low
  mov edx, \high
  wrmsr
.endm
.macro USER label
  mov qword ptr [continue], offset 8f
  push UDATA | 3
  push USTACK
  push 2
  push UCODE | 3
  push offset ALIAS + \label
  iretq
8:
.endm
.macro ULEAVE
  int 0x81
.endm

# A far JMP of 32-bit code.
.macro FAR_JUMP selector, label
  .byte 0xea
  .long \label
  .word \selector
.endm
# Puts an address into a descriptor.
.macro BASE label, descriptor
  mov eax, offset \label
  mov [\descriptor+2], ax
  shr eax, 16
  mov [\descriptor+4], al
.endm

.code32
.globl _start
_start:
  BASE tss, gdt+TASK
  BASE ldt, gdt+LOCAL
  BASE marker, ldt+8
  mov eax, offset gate_entry
  mov [gdt+GATE], ax
  shr eax, 16
  mov [gdt+GATE+6], ax
  lgdt [gdtr]
  FAR_JUMP KCODE32, segments
segments:
  mov eax, KDATA
  mov ds, eax
  mov es, eax
  mov ss, eax
  mov esp, KSTACK
  mov edi, PML4
  xor eax, eax
  mov ecx, 0x1000
  rep stosd
  mov dword ptr [PML4], PDPT | 7
  mov dword ptr [PDPT], PD | 7
  mov dword ptr [PD], 0x83              # 0: supervisor
  mov dword ptr [PD+8], 0x87            # ALIAS: the same for the user
  mov dword ptr [PD+16], PT | 7
  mov dword ptr [PT+8], 0x300001        # 1: read-only, supervisor
  mov dword ptr [PT+16], 0x301007       # 2: user
  mov dword ptr [PT+24], 0x302003       # 3: no-execute
  mov dword ptr [PT+28], 0x80000000
  mov dword ptr [PT+32], 0x303007       # 4: a reserved bit
  mov dword ptr [PT+36], 0x00080000
  mov dword ptr [PT+40], 0x304007       # 5: protection key 1
  mov dword ptr [PT+44], 0x08000000
  mov eax, PML4
  mov cr3, eax
  mov eax, 0x220                        # PAE, OSFXSR
  mov cr4, eax
  mov ecx, 0xc0000080
  mov eax, 0x901                        # NXE, LME, SCE
  xor edx, edx
  wrmsr
  mov eax, cr0
  or eax, 0x80010000                    # PG, WP
  mov cr0, eax
  FAR_JUMP KCODE, long

.code64
long:
  mov rsp, KSTACK
  # IDT: vectors 0 to 0x9f, gates at idt
  xor ebx, ebx
1: mov eax, ebx
  imul eax, eax, stub1 - stub0
  add eax, offset stub0
  mov edi, ebx
  shl edi, 4
  add edi, offset idt
  mov [rdi], ax
  mov word ptr [rdi+2], KCODE
  mov word ptr [rdi+4], 0x8e00
  shr eax, 16
  mov [rdi+6], ax
  mov qword ptr [rdi+8], 0
  inc ebx
  cmp ebx, 0xa0
  jb 1b
  mov byte ptr [idt+0x80*16+5], 0xee    # DPL 3
  mov byte ptr [idt+0x81*16+5], 0xee
  mov byte ptr [idt+3*16+5], 0xee
  mov byte ptr [idt+0x91*16+5], 0x0e    # not present
  mov byte ptr [idt+0x92*16+4], 1       # IST1
  mov byte ptr [idt+8*16+4], 2          # IST2
  lidt [idtr]
  mov ax, TASK
  ltr ax

  SECTION 1
  TRY ud2
  TRY int3
  mov rax, 0x8000000000000000
  TRY mov al, [rax]
  mov rbp, 0x8000000000000000
  TRY mov al, [rbp]
  xor ecx, ecx
  TRY div ecx
  mov eax, ABSENT
  TRY mov ds, eax
  TRY mov ss, eax
  mov eax, 0xfff8
  TRY mov ds, eax
  mov eax, UDATA | 3
  TRY mov ss, eax
  TRY int 0x90
  TRY int 0x91
  xor eax, eax
  mov ss, eax                           # a null SS is allowed
  mov ax, ss
  movzx eax, ax
  out 0x13, eax
  mov eax, KDATA
  mov ss, eax

  SECTION 2
  mov rbx, PAGES
  TRY mov al, [rbx+0x123]
  TRY mov [rbx+0x1000], al
  mov rax, cr0
  btr eax, 16
  mov cr0, rax
  TRY mov byte ptr [rbx+0x1008], 0x77
  bts eax, 16
  mov cr0, rax
  movzx eax, byte ptr [rbx+0x1008]
  out 0x13, eax
  lea rax, [rbx+0x3000]
  TRY jmp rax
  TRY mov al, [rbx+0x4000]
  TRY lock inc qword ptr [rbx+0xffc]    # crosses into a read-only page
  TRY movups [rbx+0x2ff8], xmm0         # crosses two writable pages

  SECTION 3
  mov qword ptr [tss+4], RING0
  USER user3
  mov ax, cs
  movzx eax, ax
  out 0x13, eax

  SECTION 4
  WRITE_MSR 0xc0000081, 0, 0x001b0008
  WRITE_MSR 0xc0000082, "offset syscall_entry", 0
  WRITE_MSR 0xc0000084, 0x600, 0
  USER user4

  SECTION 5
  WRITE_MSR 0x174, 8, 0
  WRITE_MSR 0x175, RING0-0x100, 0
  WRITE_MSR 0x176, "offset sysenter_entry", 0
  USER user5

  SECTION 6
  mov qword ptr [tss+0x24], IST1
  mov qword ptr [tss+0x2c], IST2
  TRY int 0x92

  SECTION 7
  mov byte ptr [idt+13*16+5], 0x0e      # #GP's gate is not present
  mov rax, 0x8000000000000000
  TRY mov al, [rax]
  mov byte ptr [idt+13*16+5], 0x8e
  mov qword ptr [tss+4], PAGES+0x800    # the user's faults find no stack
  USER user7

  SECTION 8
  mov rax, cr4
  or eax, 0x300000                      # SMEP, SMAP
  mov cr4, rax
  mov rax, offset ALIAS + returns
  TRY call rax
  mov rsp, KSTACK
  mov rbx, PAGES
  TRY mov al, [rbx+0x2000]
  stac
  TRY mov al, [rbx+0x2000]
  clac
  TRY mov [rbx+0x2000], al
  mov rax, cr4
  and eax, ~0x300000
  mov cr4, rax

  SECTION 9
  mov rax, cr4
  or eax, 0x400000                      # PKE
  mov cr4, rax
  xor ecx, ecx
  xor edx, edx
  mov eax, 4                            # key 1: no access
  wrpkru
  TRY mov al, [rbx+0x5000]
  mov eax, 8                            # key 1: no write
  wrpkru
  TRY mov al, [rbx+0x5000]
  TRY mov [rbx+0x5000], al
  rdpkru
  out 0x13, eax
  xor eax, eax
  wrpkru
  TRY mov [rbx+0x5000], al
  mov rax, cr4
  and eax, ~0x400000
  mov cr4, rax
  TRY rdpkru

  SECTION 10
  cli
  mov al, 0x93
  out 0x15, al                          # an interrupt is pending
  EMIT 1
  lea r15, [rip+1f]
  sti
  mov eax, 2                            # still in STI's shadow
1: out 0x13, eax                        # its handler emits before
  EMIT 3
  lea r15, [rip+1f]
  mov al, 0x94
  out 0x15, al                          # taken after the OUT
1: EMIT 4
  cli
  mov al, 0x95
  out 0x15, al
  lea r15, [rip+1f]
  sti
  hlt
1: cli
  EMIT 5
  lea r15, [rip+1f]
  out 0x16, al                          # an NMI comes whatever IF is
1: EMIT 6

  SECTION 11
  mov dr6, r14
  pushfq
  or dword ptr [rsp], 0x100
  lea r15, [rip+1f]
  popfq
  nop                                   # the trap comes behind it
  ud2
1: mov rax, dr6
  out 0x13, eax
  pushfq
  pop rax
  and eax, 0x100
  out 0x13, eax

  SECTION 12
  mov ecx, 0x12345
  TRY rdmsr
  TRY wrmsr
  mov ecx, 0xc0000082
  mov edx, 0x80000000
  TRY wrmsr
  mov ecx, 0xc0000080
  rdmsr
  out 0x13, eax
  or eax, 2
  TRY wrmsr
  mov ecx, 0xc0000080
  mov eax, 0x801                        # LME cannot change under paging
  xor edx, edx
  TRY wrmsr
  mov ecx, 0xc0000102
  mov eax, 0x1234
  mov edx, 0xffff8000
  wrmsr
  swapgs
  mov ecx, 0xc0000101
  rdmsr
  out 0x13, eax
  mov eax, edx
  out 0x13, eax
  swapgs
  mov ecx, 0x277
  mov eax, 2
  TRY wrmsr
  mov ecx, 0x277
  rdmsr
  out 0x13, eax

  SECTION 13
  mov rax, cr4
  bts rax, 31
  TRY mov cr4, rax
  mov rax, cr4
  btr rax, 5
  TRY mov cr4, rax
  mov rax, cr0
  btr rax, 0
  TRY mov cr0, rax
  mov rax, cr0
  bts rax, 32
  TRY mov cr0, rax
  mov rax, cr0
  bts rax, 29
  TRY mov cr0, rax
  mov rax, cr3
  bts rax, 52
  TRY mov cr3, rax
  mov eax, 16
  TRY mov cr8, rax
  mov eax, 5
  mov cr8, rax
  xor eax, eax
  mov rax, cr8
  out 0x13, eax
  xor eax, eax
  mov cr8, rax
  mov rax, cr3
  or rax, 1
  mov cr3, rax
  mov rax, cr4
  bts rax, 17
  TRY mov cr4, rax                      # PCIDE with a PCID in CR3
  mov eax, PML4
  mov cr3, rax
  mov rax, cr4
  bts rax, 17
  TRY mov cr4, rax
  mov rax, PML4 | 5
  mov cr3, rax
  mov rax, cr3
  out 0x13, eax
  bts rax, 63
  TRY mov cr3, rax
  mov rax, cr3
  shr rax, 32
  out 0x13, eax
  mov eax, 4
  TRY invpcid rax, [pcids]              # no such type
  mov eax, 0
  TRY invpcid rax, [pcids+16]           # a reserved bit
  mov eax, 0
  TRY invpcid rax, [pcids]
  mov eax, 2
  TRY invpcid rax, [pcids]
  mov eax, PML4
  mov cr3, rax
  mov rax, cr4
  btr rax, 17
  mov cr4, rax

  SECTION 14
  push KCODE32
  push offset compatible
  retfq
.code32
compatible:
  EMIT 1
  mov ax, cs
  movzx eax, ax
  out 0x13, eax
  int 0x93                              # comes back by r15: not reachable here
back_to_long:
  FAR_JUMP KCODE, again
.code64
again:
  EMIT 2

  SECTION 15
  USER user15

  SECTION 16
  mov ecx, UDATA | 3
  mov eax, 0
  lar eax, ecx
  setz bl
  out 0x13, eax
  lsl eax, ecx
  out 0x13, eax
  movzx eax, bl
  out 0x13, eax
  mov ecx, 0xfff8
  lar eax, ecx
  setz al
  movzx eax, al
  out 0x13, eax
  mov ecx, READONLY
  verr cx
  setz al
  verw cx
  setz ah
  movzx eax, ax
  out 0x13, eax
  mov ecx, TASK
  lsl eax, ecx
  out 0x13, eax
  str eax
  out 0x13, eax
  mov al, [gdt+TASK+5]                   # busy
  movzx eax, al
  out 0x13, eax
  mov eax, TASK
  TRY ltr ax
  mov eax, LOCAL
  lldt ax
  sldt eax
  out 0x13, eax
  mov eax, 0x0c                         # the LDT's second descriptor
  mov fs, eax
  xor eax, eax
  mov eax, fs:[0]
  out 0x13, eax
  mov al, [ldt+8+5]                     # accessed
  movzx eax, al
  out 0x13, eax
  xor eax, eax
  mov fs, eax

  SECTION 17
  mov eax, 0x2400
  mov dr7, rax
  TRY mov rax, dr0
  mov rax, dr6
  out 0x13, eax
  mov rax, dr7
  out 0x13, eax
  mov rax, cr4
  or eax, 8
  mov cr4, rax
  TRY mov rax, dr4
  mov rax, cr4
  and eax, ~8
  mov cr4, rax
  TRY mov rax, dr4
  bts rax, 40
  TRY mov dr7, rax

  SECTION 18
  mov rax, cr4
  or eax, 0x10800                       # FSGSBASE, UMIP
  mov cr4, rax
  mov rax, 0x123456789a
  wrfsbase rax
  rdfsbase rbx
  mov eax, ebx
  out 0x13, eax
  bts rax, 63
  TRY wrgsbase rax
  USER user18

  SECTION 19
  mov qword ptr [continue], offset 1f
  push UDATA | 3
  push USTACK
  push 2
  push UCODE32 | 3
  push offset ALIAS + user19
  iretq
1:

  SECTION 21
  mov byte ptr [idt+0x92*16+4], 0       # no IST: the stack in use, aligned
  mov byte ptr [idt+0x92*16+5], 0xee
  mov rsp, KSTACK - 4
  TRY int 0x92
  mov rsp, KSTACK
  USER user21

  SECTION 20
  mov dword ptr [PT+48], 0x305003       # the IDT across two pages
  mov dword ptr [PT+56], 0x306003
  mov rsi, offset idt
  mov rdi, PAGES + 0x6b00
  mov ecx, 0xa00
  rep movsb
  mov qword ptr [idtr+2], PAGES + 0x6b00
  lidt [idtr]
  mov dword ptr [PT+56], 0
  invlpg [PAGES+0x7000]
  TRY int 0x90                          # its gate is in the second one
  mov dword ptr [PT+56], 0x306003
  TRY int 0x90
  out 0x14, al

# --- code of the user ---

user3:
  mov ax, cs
  movzx eax, ax
  int 0x80
  mov ax, ss
  movzx eax, ax
  int 0x80
  TRY cli
  TRY mov rax, cr0
  TRY hlt
  mov rbx, PAGES
  TRY mov al, [rbx+0x1000]
  TRY mov [rbx+0x1000], al
  TRY mov [rbx+0x2000], al
  TRY mov al, [0x10000]
  TRY int 0x90
  TRY in al, 0x60
  TRY in al, 0x70                       # the bitmap allows this one
  TRY in ax, 0x70
  mov edx, 0x100                        # beyond the bitmap
  TRY in al, dx
  pushfq
  pop rax
  or eax, 0x3200
  push rax
  popfq                                 # IOPL and IF stay
  pushfq
  pop rax
  and eax, 0x3200
  int 0x80
  ULEAVE

user4:
  mov eax, 0x41
  std
  syscall
1: int 0x80
  pushfq
  pop rax
  and eax, 0x400
  int 0x80
  cld
  mov ax, ss
  movzx eax, ax
  int 0x80
  TRY sysretq
  ULEAVE

user5:
  mov rcx, rsp
  lea rdx, [rip+1f]
  mov eax, 0x51
  sysenter
1: int 0x80
  ULEAVE

user7:
  mov ebx, 0x77
  TRY ud2
  ULEAVE

user15:
  rex.w lcall [rip + through_gate]
  mov ax, cs
  movzx eax, ax
  int 0x80
  ULEAVE

user18:
  TRY sgdt [rsp-16]
  TRY str eax
  rdfsbase rax
  int 0x80
  ULEAVE

.code32
user19:
  mov eax, cs
  int 0x80
  mov eax, 0x7ffffffe
  .byte 0x40                            # INC EAX, no REX here
  int 0x80
  push 0x1234
  mov eax, esp
  int 0x80
  mov ecx, esp
  call 1f
1: pop edx
  add edx, offset 2f - 1b
  mov eax, 0x53
  sysenter
2: int 0x80
  mov eax, cs
  int 0x80
  int 0x81
.code64

user21:
  TRY int 0x92                          # SS becomes null
  ULEAVE

returns:
  ret

.balign 8
through_gate:
  .quad 0
  .word GATE | 3

# --- code of the kernel that others lead to ---

syscall_entry:
  out 0x13, eax
  lea eax, [rip+user4]
  add eax, ALIAS
  neg eax
  add eax, ecx                          # how far into user4 it was
  out 0x13, eax
  pushfq                                # on the user's stack
  pop rax
  and eax, 0x600
  out 0x13, eax
  mov ax, ss
  movzx eax, ax
  out 0x13, eax
  mov eax, 0x42
  sysretq

sysenter_entry:
  out 0x13, eax
  mov eax, esp
  out 0x13, eax
  mov ax, ss
  movzx eax, ax
  out 0x13, eax
  mov eax, 0x52
  cmp rdx, offset ALIAS + user19
  jae 1f
  rex.w sysexit
1: cmp rdx, offset ALIAS + returns
  jae 1f
  .byte 0x0f, 0x35                      # SYSEXIT to 32-bit code
1: rex.w sysexit

gate_entry:
  EMIT 0x61
  mov ax, cs
  movzx eax, ax
  out 0x13, eax
  mov eax, [rsp+8]                      # CS
  out 0x13, eax
  mov eax, [rsp+24]                     # SS
  out 0x13, eax
  rex.w retf

# --- handlers ---

.macro STUB vector
  .balign 16
  .if (\vector == 8) || (\vector >= 10 && \vector <= 14) || (\vector == 17)
  .else
  push 0
  .endif
  push \vector
  jmp common
.endm
.balign 16
stub0:
  STUB 0
.balign 16
stub1:
.set v, 1
.rept 0x9f
  STUB v
  .set v, v + 1
.endr

common:
  push rax
  mov eax, [rsp+8]
  cmp eax, 0x80
  je from_user
  cmp eax, 0x81
  je user_leaves
  cmp eax, 8
  je double_fault
  or eax, 0xe0000000
  out 0x13, eax
  mov eax, [rsp+16]
  out 0x13, eax
  mov eax, [rsp+32]
  out 0x13, eax
  cmp dword ptr [rsp+8], 14
  jne 1f
  mov rax, cr2
  out 0x13, eax
1: cmp dword ptr [rsp+8], 1
  jne 1f
  and dword ptr [rsp+40], ~0x100        # no more single steps
1: cmp dword ptr [rsp+8], 2
  jne 1f
  call nested
1: cmp dword ptr [rsp+8], 0x92
  jne 1f
  mov eax, esp
  out 0x13, eax
  mov ax, ss
  movzx eax, ax
  out 0x13, eax
1: cmp dword ptr [rsp+32], KCODE32
  je 2f
  mov [rsp+24], r15
2: pop rax
  add rsp, 16
  iretq

nested:                                 # one more NMI: it must wait for IRET
  inc dword ptr [nmis]
  cmp dword ptr [nmis], 1
  jne 1f
  out 0x16, al
  EMIT 0x99
1: ret

from_user:
  pop rax
  out 0x13, eax
  add rsp, 16
  iretq

user_leaves:
  mov rsp, KSTACK
  mov eax, KDATA
  mov ss, eax
  jmp [continue]

double_fault:
  or eax, 0xe0000000
  out 0x13, eax
  mov eax, [rsp+16]
  out 0x13, eax
  mov eax, [rsp+32]                     # CS of who faulted first
  out 0x13, eax
  mov eax, esp
  out 0x13, eax
  mov eax, ebx
  out 0x13, eax
  mov qword ptr [tss+4], RING0
  mov [rsp+24], r15
  pop rax
  add rsp, 16
  iretq

# --- tables ---

.balign 16
gdt:
  .quad 0
  .quad 0x00af9b000000ffff              # 08 kernel code
  .quad 0x00cf93000000ffff              # 10 kernel data
  .quad 0x00cffb000000ffff              # 18 user code, 32 bits
  .quad 0x00cff3000000ffff              # 20 user data
  .quad 0x00affb000000ffff              # 28 user code
  .quad 0x00cff3000000ffff              # 30 user data
  .quad 0x00cf9b000000ffff              # 38 kernel code, 32 bits
  .quad 0x0000890000000087              # 40 TSS; its base is filled in
  .quad 0
  .quad 0x0000ec0000080000              # 50 call gate; its offset is filled in
  .quad 0
  .quad 0x00cf13000000ffff              # 60 not present
  .quad 0
  .quad 0x000082000000000f              # 70 LDT; its base is filled in
  .quad 0
  .quad 0x00cf91000000ffff              # 80 read-only data
gdt_end:
gdtr:
  .word gdt_end - gdt - 1
  .long gdt
idtr:
  .word 0xa0 * 16 - 1
  .quad idt
.balign 8
ldt:
  .quad 0
  .quad 0x00cf92000000ffff              # its base is filled in
marker:
  .long 0xfeedf00d
.balign 8
continue:
  .quad 0
nmis:
  .quad 0
pcids:
  .quad 5, 0x1000, 0x1000, 0
.balign 16
tss:
  .space 0x66
  .word 0x68
  .space 14, 0xff
  .byte 0xfe                            # port 0x70
  .space 17, 0xff
.balign 16, 0                          # a port beyond the bitmap would be allowed
idt:
