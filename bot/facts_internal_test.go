package bot

import (
	"testing"
	"time"

	"github.com/trolyao/trolyao/knowledge"
)

// What the first message says is not asked again.
func TestFacts(t *testing.T) {
	base, problems, err := knowledge.Load(knowledge.Embedded(), "2026-11-30")
	if err != nil || base == nil {
		t.Fatal(err, problems)
	}
	rules, err := newFormRules(&base.Form)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, knowledge.Vietnam()) // a Monday
	for text, want := range map[string]facts{
		"toi qua bi lua chuyen khoan 20 trieu o xa Tra Cu":              {kind: "lua-dao-truc-tuyen", when: "2026-11-22", commune: "Xã Trà Cú"},
		"tôi qua nhà nó chơi thì thấy đánh bài ăn tiền":                 {kind: "danh-bac"},
		"hôm 20/11 bị giật điện thoại ở chợ Cầu Kè":                     {kind: "cuop-giat", when: "2026-11-20", commune: "Xã Cầu Kè"},
		"ngày 5 tháng 12 năm 2025 có kẻ trộm xe":                        {kind: "trom-cap", when: "2025-12-05"},
		"25/12 mất trộm máy bơm":                                        {kind: "trom-cap", when: "2025-12-25"},
		"cách đây 3 ngày trước nó đòi nợ tạt sơn nhà em":                {kind: "cho-vay-nang-lai", when: "2026-11-20"},
		"bữa kia có tụi hút chích sau nhà, phường Long Đức":             {kind: "ma-tuy", when: "2026-11-21", commune: "Phường Long Đức"},
		"sáng nay chồng đánh con gái em":                                {kind: "bao-luc-gia-dinh", when: "2026-11-23"},
		"tháng trước bị tung ảnh nóng lên mạng":                         {kind: "xam-hai-tinh-duc", when: "tháng trước"},
		"nó nói 31/2 sẽ trả":                                            {},
		"tỷ lệ 3/4 số tiền":                                             {},
		"nó lấy 3/4, hôm 3/4 đó":                                        {when: "2026-04-03"},
		"bị lừa mất 2.5 triệu":                                          {kind: "lua-dao"},
		"mất 1.5 tỷ đồng":                                               {},
		"có 2-3 người đánh bài":                                         {kind: "danh-bac"},
		"nó bán ma túy 24/7":                                            {kind: "ma-tuy"},
		"tối 2-3 đứa rình nhà":                                          {},
		"tối 3-4 bị mất xe":                                             {kind: "trom-cap", when: "2026-04-03"},
		"ngày 20.11 người ta đập cửa":                                   {when: "2026-11-20"},
		"20/11 người ta đập cửa":                                        {when: "2026-11-20"},
		"chuyện 5.10.2026":                                              {when: "2026-10-05"},
		"29/2 nó lấy xe":                                                {when: "2024-02-29"},
		"em tên Lê Thị Mận 0912.345.678. bị hăm dọa giết":               {kind: "de-doa-tong-tien", name: "Lê Thị Mận", phone: "0912345678"},
		"Tân An là bạn tôi":                                             {},
		"có người lừa đi lao động Campuchia rồi bị nhốt đòi tiền chuộc": {kind: "mua-ban-nguoi"},
	} {
		if got := rules.read(text, now, false); got != want {
			t.Errorf("%q:\n got %+v\nwant %+v", text, got, want)
		}
	}
	if got := rules.read("Tân An, tối hôm qua", now, true); got.commune != "Xã Tân An" || got.when != "2026-11-22" {
		t.Errorf("asked for the place: %+v", got)
	}
}

// Who writes is named only by what he says of himself.
func TestIntroduced(t *testing.T) {
	for text, want := range map[string][2]string{
		"tôi muốn tố giác: tôi tên Trần Thị Lan, số 0912345678, bị trộm xe": {"Trần Thị Lan", "0912345678"},
		"Dạ em tên Lan bị mất xe":                           {"Lan"},
		"Tên tôi là Kim Sóc\nsđt: +84 912 345 678":          {"Kim Sóc", "+84912345678"},
		"toi ten Le Van Tam bi lua":                         {"Le Van Tam"},
		"mất xe, số điện thoại của tôi là 0912 345 678 nha": {"", "0912345678"},
		"nó gọi vào sđt em: 0912345678 hoài":                {"", "0912345678"},

		"tôi muốn tố giác số 0912345678 tên Nguyễn Văn Ba gọi lừa tôi": {},
		"tôi tên Lan, số 0912345678 gọi lừa tôi":                       {"Lan"},
		"chồng tôi tên Nguyễn Văn Ba đánh tôi":                         {},
		"hàng xóm của em tên Ba, số 0912345678":                        {},
		"tên Ba ở xóm tôi ăn trộm":                                     {},
		"số của con tôi là 0912345678":                                 {},
		"tôi chuyển vào số tài khoản 19030912345678":                   {},
		"tôi tên là ai không quan trọng":                               {},
	} {
		if name, number := introduced(text); name != want[0] || number != want[1] {
			t.Errorf("%q: %q, %q, want %q", text, name, number, want)
		}
	}
}

// What is written where a name and a number were asked for.
func TestNameBeside(t *testing.T) {
	for text, want := range map[string]string{
		"Nguyễn Thị Bé 0912 345 678":              "Nguyễn Thị Bé",
		"tên Lan số 0912345678":                   "Lan",
		"tôi tên nguyễn thị lan, sđt: 0912345678": "nguyễn thị lan",
		"Số của tôi là 0912345678, tên tôi là Ba": "Ba",
		"Họ và tên: Kim Sóc - 0912345678":         "Kim Sóc",
		"số điện thoại 0912345678":                "",
		"ok 0912345678":                           "",
	} {
		if got := nameBeside(text); got != want || phoneIn(text) != "0912345678" {
			t.Errorf("%q: %q %q, want %q", text, got, phoneIn(text), want)
		}
	}
	if got := phoneIn("stk 19030912345678"); got != "" {
		t.Errorf("the tail of an account is %q", got)
	}
}
