package index_test

import (
	"testing"

	"github.com/trolyao/trolyao/index"
	"github.com/trolyao/trolyao/index/vietnamese"
)

// asked are questions as people type them: with marks, without, with residue.
var asked = []string{
	"Mất căn cước làm lại ở đâu, hết bao nhiêu tiền vậy anh?",
	"dang ky tam tru cho nguoi thue nha can giay to gi",
	"vneid báo lỗi k nhận dc mã otp lm sao",
	"ddawng kys thuowngf trus cho con mowis sinh",
	"Trà Vinh có bao nhiêu dịch vụ công trực tuyến toàn trình?",
	"quên mật khẩu vneid",
	"chong toi nguoi nuoc ngoai muon ket hon o viet nam thi lam o dau",
	"Con tui nó rớt mất bóp có giấy tờ tùy thân, giờ mần lại cái thẻ cước công dân thì ra đâu hở cô?",
}

// BenchmarkSearch is the full answer on the embedded knowledge: read,
// candidates, ranking, decision. Beside it is a suggestion to people who are
// still typing, which is asked for far more often and must not cost more.
func BenchmarkSearch(b *testing.B) {
	x := index.New(quiet)
	defer x.Close()
	if _, err := x.Publish(b.Context(), embedded(b)); err != nil {
		b.Fatal(err)
	}
	v, err := x.Acquire()
	if err != nil {
		b.Fatal(err)
	}
	defer v.Release()
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			v.Read(asked[i%len(asked)])
		}
	})
	b.Run("candidates", func(b *testing.B) {
		questions := make([]*index.Question, len(asked))
		for i, text := range asked {
			questions[i] = v.Read(text)
		}
		b.ReportAllocs()
		for i := range b.N {
			v.Candidates(questions[i%len(asked)], 24)
		}
	})
	b.Run("full", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			v.Search(index.Query{Question: v.Read(asked[i%len(asked)]), Today: today})
		}
	})
	b.Run("complete", func(b *testing.B) {
		typed := begun()
		b.ReportAllocs()
		for i := range b.N {
			v.Complete(typed[i%len(typed)], 3, today)
		}
	})
}

// begun are the questions as they stand whenever a person pauses while typing.
func begun() (typed []string) {
	for _, text := range asked {
		for n, at := range []rune(text) {
			if at == ' ' || n%5 == 3 {
				typed = append(typed, string([]rune(text)[:n]))
			}
		}
	}
	return typed
}

// BenchmarkTokens is the analysis alone, in MB of text a second.
func BenchmarkTokens(b *testing.B) {
	var text string
	for _, a := range embedded(b).Articles {
		for _, s := range a.Sections {
			text += s.Text + "\n"
		}
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for range b.N {
		vietnamese.Tokens(text)
	}
}
